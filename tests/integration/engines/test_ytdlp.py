"""The real yt-dlp on the local site: every trouble must come out as the right typed failure."""

from __future__ import annotations

import itertools
import json
import ssl
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dev.site.trouble import TROUBLES
from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, ListedPlaylist, ListedVideo, ListingEnded, SourceRules
from services.scraper.engines.ytdlp import client
from services.scraper.engines.ytdlp.client import INNER_RETRIES
from services.scraper.failures import Evidence, classify
from tests.site import requests_of, set_site_trouble

POLITE = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
AddPlaylist = Callable[..., str]
WATCH = "https://www.youtube.com/watch?v="


def test_a_good_video_comes_with_its_metadata(add_playlist: AddPlaylist, tmp_path: Path) -> None:
    title = "../ɖɔ̀ 🎧 " + "ü" * 90
    licence = "Creative Commons Attribution license (reuse allowed)"
    video = {"id": "ytdlpgood01", "title": title, "channel": "Radio X", "licence": licence, "upload_date": "2024-02-29"}
    add_playlist("PLytdlpgood01", [video])
    result = ytdlp.fetch(WATCH + "ytdlpgood01", tmp_path, POLITE)
    assert isinstance(result, Downloaded), result
    assert result.metadata["title"] == title
    assert result.metadata["channel"] == "Radio X"
    assert result.metadata["licence"] == licence
    assert result.metadata["upload_date"] == "20240229"
    assert (result.promised.page_seconds, result.source_codec, result.source_format) == (5, "opus", "251")
    assert [path.name for path in tmp_path.iterdir()] == ["source.webm"]


def test_an_extractor_that_breaks_is_the_tools_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise TypeError("'NoneType' object is not subscriptable")

    monkeypatch.setattr("yt_dlp.extractor.youtube.YoutubeIE._real_extract", broken)
    result = ytdlp.fetch(WATCH + "ytdlpbroken", tmp_path, POLITE)
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    assert (failure.failure_class.value, failure.reason) == ("tool", "extractor-broken")


def test_a_licence_nobody_named_stays_unknown(add_playlist: AddPlaylist, tmp_path: Path) -> None:
    add_playlist("PLytdlpnolic1", [{"id": "ytdlpnolic1", "title": "x"}])
    result = ytdlp.fetch(WATCH + "ytdlpnolic1", tmp_path, POLITE)
    assert isinstance(result, Downloaded), result
    assert result.metadata["licence"] is None


#: Trouble of the site → class and reason of the failure that it must come out as.
EXPECTED = {
    "private": ("permanent", "private"),
    "removed": ("permanent", "removed"),
    "terminated": ("permanent", "account-terminated"),
    "terms": ("permanent", "terms-violation"),
    "copyright": ("permanent", "copyright"),
    "drm": ("permanent", "drm"),
    "payment": ("permanent", "payment"),
    "members": ("permanent", "members-only"),
    "age": ("permanent", "age-restricted"),
    "country": ("permanent", "country"),
    "unavailable": ("wait-until", "unavailable"),
    "no-sound": ("permanent", "no-sound"),
    "no-length": ("transient", "empty-media"),
    "bot-check": ("egress", "bot-check"),
    "captcha": ("egress", "captcha"),
    "ip-blocked": ("egress", "captcha"),
    "rate-limit": ("egress", "rate-limited"),
    "player-429": ("egress", "too-many-requests"),
    "sorry": ("egress", "too-many-requests"),
    "media-429": ("egress", "too-many-requests"),
    "proxy-refused": ("egress", "proxy-refused"),
    "cookies-dead": ("identity", "cookies-dead"),
    "live": ("wait-until", "live"),
    "post-live": ("wait-until", "live"),
    "no-recording": ("wait-until", "live"),
    "images-only": ("tool", "js-runtime"),
    "js-challenge": ("tool", "js-runtime"),
    "no-formats": ("tool", "extractor-broken"),
    "odd": ("tool", "unknown"),
    "player-503": ("transient", "server-error"),
    "player-reset": ("transient", "connection"),
    "server-error": ("transient", "server-error"),
    "forbidden": ("transient", "forbidden"),
    "media-404": ("transient", "media-not-found"),
    "reset": ("transient", "connection"),
    "cut-off": ("transient", "short-read"),
    "empty": ("transient", "empty-media"),
    "stalled": ("transient", "timeout"),
}
#: A premiere has a test of its own, and with the others yt-dlp sees nothing wrong.
NOT_REFUSED = {"none", "premiere", "cut-short", "damaged", "throttled", "page-429", "other-codec"}


def test_every_trouble_of_the_site_is_looked_at() -> None:
    assert set(EXPECTED) | NOT_REFUSED == set(TROUBLES)


@pytest.mark.parametrize("trouble", EXPECTED)
def test_troubles(add_playlist: AddPlaylist, tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "SOCKET_SECONDS", 1)
    id_ = f"{trouble}-000000000"[:11]
    # Long enough that a broken connection leaves more to fetch than the inner retries can get.
    add_playlist(f"PLtrouble-{trouble}", [{"id": id_, "title": "x", "trouble": trouble, "seconds": 30}])
    result = ytdlp.fetch(WATCH + id_, tmp_path, POLITE)
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    assert (failure.failure_class.value, failure.reason) == EXPECTED[trouble], result


def test_a_retry_after_is_kept(add_playlist: AddPlaylist, tmp_path: Path) -> None:
    video = {"id": "retryafter1", "title": "x", "trouble": "media-429", "retry_after": 77}
    add_playlist("PLretryafter1", [video])
    result = ytdlp.fetch(WATCH + "retryafter1", tmp_path, POLITE)
    assert isinstance(result, Evidence), result
    now = datetime.now(UTC)
    assert classify(result, now).retry_at == now + timedelta(seconds=77)


def test_a_trouble_of_the_whole_site_spares_addresses_handed_out_before(
    add_playlist: AddPlaylist, servers: Stack, tmp_path: Path
) -> None:
    add_playlist("PLsitewide001", [{"id": "sitewide001", "title": "x"}])
    body = json.dumps({"videoId": "sitewide001"}).encode()
    # One of its own: the usual one keeps the proxies of the environment that its first user had.
    web = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": servers.exports["FONOTECA_SITE_PROXY"]}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=servers.exports["FONOTECA_SITE_CA"])),
    )
    with web.open("https://www.youtube.com/youtubei/v1/player", body) as answer:
        address = json.load(answer)["streamingData"]["adaptiveFormats"][0]["url"]
    set_site_trouble(servers, "bot-check")
    try:
        result = ytdlp.fetch(WATCH + "sitewide001", tmp_path, POLITE)
        with web.open(address) as media:
            assert media.read()
    finally:
        set_site_trouble(servers, None)
    assert isinstance(result, Evidence), result
    assert classify(result, datetime.now(UTC)).reason == "bot-check"
    assert isinstance(ytdlp.fetch(WATCH + "sitewide001", tmp_path, POLITE), Downloaded)


def test_a_premiere_names_its_time(add_playlist: AddPlaylist, tmp_path: Path) -> None:
    begins = int(time.time()) + 5000
    video = {"id": "ytdlpprem01", "title": "x", "trouble": "premiere", "premieres_at": begins}
    add_playlist("PLytdlpprem01", [video])
    result = ytdlp.fetch(WATCH + "ytdlpprem01", tmp_path, POLITE)
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    assert (failure.failure_class.value, failure.reason) == ("wait-until", "not-yet")
    assert failure.retry_at == datetime.fromtimestamp(begins, UTC)


def test_an_unknown_video_is_not_taken_for_a_broken_tool(tmp_path: Path) -> None:
    result = ytdlp.fetch(WATCH + "nosuchvideo", tmp_path, POLITE)
    assert isinstance(result, Evidence), result
    assert classify(result, datetime.now(UTC)).reason == "unavailable"


def test_a_listing_streams_all_pages_in_order(add_playlist: AddPlaylist) -> None:
    ids = [f"listing{n:04}" for n in range(250)]
    url = add_playlist("PLytdlplist01", [{"id": i, "title": f"Video {i}"} for i in ids], title="A long list")
    items = list(ytdlp.list_videos(url, POLITE))
    assert items[0] == ListedPlaylist("A long list", "Local Site", 250)
    assert [item.video_id for item in items[1:] if isinstance(item, ListedVideo)] == [f"youtube:{i}" for i in ids]
    first = items[1]
    assert isinstance(first, ListedVideo)
    assert (first.url, first.title) == (WATCH + "listing0000", "Video listing0000")


def test_a_listing_gives_its_first_video_before_it_asks_for_the_next_page(
    add_playlist: AddPlaylist, servers: Stack
) -> None:
    url = add_playlist("PLytdlplazy01", [{"id": f"lazylst{n:04}", "title": "x"} for n in range(250)])
    listing = ytdlp.list_videos(url, POLITE)
    assert len(list(itertools.islice(listing, 51))) == 51
    listing.close()  # type: ignore[attr-defined]  # a generator
    assert requests_of(servers, "continuation", "PLytdlplazy01") == 0


def test_a_single_video_is_a_playlist_of_one(add_playlist: AddPlaylist) -> None:
    add_playlist("PLytdlpsolo01", [{"id": "ytdlpsolo01", "title": "Solo"}])
    head, video, ended = list(ytdlp.list_videos(WATCH + "ytdlpsolo01", POLITE))
    assert isinstance(ended, ListingEnded)
    assert isinstance(head, ListedPlaylist)
    assert isinstance(video, ListedVideo)
    assert video.video_id == "youtube:ytdlpsolo01"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://www.youtube.com/playlist?list=PLnothinghere99", "no-such-playlist"),
        ("https://example.org/some/page", "unsupported-address"),
        ("http://127.0.0.1:1/list", "unsupported-address"),
    ],
)
def test_what_cannot_be_listed(url: str, reason: str) -> None:
    [evidence] = list(ytdlp.list_videos(url, POLITE))
    assert isinstance(evidence, Evidence), evidence
    failure = classify(evidence, datetime.now(UTC))
    assert (failure.failure_class.value, failure.reason) == ("permanent", reason), evidence


def test_what_was_asked_is_counted_without_the_media(add_playlist: AddPlaylist, tmp_path: Path, servers: Stack) -> None:
    url = add_playlist("PLytdlpcount1", [{"id": "ytdlpcount1", "title": "x", "seconds": 60}])
    *_, ended = ytdlp.list_videos(url, POLITE)
    assert ended == ListingEnded(2)
    result = ytdlp.fetch(WATCH + "ytdlpcount1", tmp_path, POLITE)
    assert isinstance(result, Downloaded), result
    pages = sum(requests_of(servers, kind, "ytdlpcount1") for kind in ("page", "player"))
    assert result.requests == pages
    assert requests_of(servers, "media", "ytdlpcount1") > 0
    gone = ytdlp.fetch(WATCH + "ytdlpnobody", tmp_path, POLITE)
    assert isinstance(gone, Evidence)
    assert gone.requests >= 2


@pytest.mark.parametrize(
    ("trouble", "requests"), [("server-error", 1 + INNER_RETRIES), ("forbidden", 1), ("media-404", 1), ("media-429", 1)]
)
def test_media_is_asked_for_again_only_where_that_helps(
    add_playlist: AddPlaylist, tmp_path: Path, servers: Stack, trouble: str, requests: int
) -> None:
    """yt-dlp as a library never asks twice unless told to; and only a fresh extraction helps against a 403."""
    id_ = f"{trouble.replace('-', '')[-9:]:_<9}ag"
    add_playlist(f"PLmediaagain{trouble}", [{"id": id_, "title": "x", "trouble": trouble}])
    result = ytdlp.fetch(WATCH + id_, tmp_path, POLITE)
    assert isinstance(result, Evidence), result
    assert requests_of(servers, "media", id_) == requests
    assert "\r" not in classify(result, datetime.now(UTC)).detail


def test_plainly_unavailable_waits_for_a_second_witness(tmp_path: Path) -> None:
    result = ytdlp.fetch(WATCH + "nosuchvide0", tmp_path, POLITE)
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    assert (failure.failure_class.value, failure.reason) == ("wait-until", "unavailable")


@pytest.mark.parametrize(
    ("address", "limit", "until", "stopped"),
    [
        ("", None, "nobody", False),
        ("", 9, "nobody", False),
        ("", 3, "nobody", True),
        ("", None, "ytdlpstop01", True),
        ("#first=2", None, "nobody", True),
    ],
)
def test_a_listing_says_whether_it_stopped_before_the_end(
    add_playlist: AddPlaylist, address: str, limit: int | None, until: str, stopped: bool
) -> None:
    url = add_playlist("PLytdlpstop01", [{"id": f"ytdlpstop{n:02}", "title": "x"} for n in range(5)])
    *_, ended = ytdlp.list_videos(url + address, POLITE, limit, lambda video_id: video_id.endswith(until))
    assert isinstance(ended, ListingEnded)
    assert ended.stopped is stopped
