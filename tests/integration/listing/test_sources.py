"""Every kind of source, as people write it, listed by the real yt-dlp from the local site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dev.site.client import add_playlist
from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import ListedPlaylist, ListedVideo, SourceRules
from services.scraper.failures import Evidence
from services.scraper.listing.placeholders import failure_of
from shared.addresses.parse import playlist_address
from shared.catalog.videos.acceptance import Entry
from tests.site import requests_of

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")


def videos(prefix: str, number: int) -> list[dict[str, Any]]:
    return [{"id": f"{prefix}{n:0{11 - len(prefix)}}", "title": f"{prefix} {n}"} for n in range(number)]


def ids(prefix: str, number: int) -> list[str]:
    return [f"youtube:{video['id']}" for video in videos(prefix, number)]


@pytest.fixture
def listed(servers: Stack) -> Callable[[str], list[str]]:
    """The ids of the videos that what somebody wrote leads to."""

    def call(text: str) -> list[str]:
        items = list(ytdlp.list_videos(playlist_address(text).url, RULES))
        assert not any(isinstance(item, Evidence) for item in items), items
        assert isinstance(items[0], ListedPlaylist)
        return [item.video_id for item in items if isinstance(item, ListedVideo)]

    return call


@pytest.fixture
def site(servers: Stack) -> Callable[..., None]:
    """Puts a list on the site: site(id, videos, **more)."""

    def call(id_: str, chosen: list[dict[str, Any]], **more: Any) -> None:
        add_playlist(servers.exports, id_, chosen, **more)

    return call


@pytest.mark.parametrize(
    "text", ["@RadioFon", "https://www.youtube.com/@RadioFon", "https://youtube.com/@RadioFon/videos"]
)
def test_a_channel(site: Callable[..., None], listed: Callable[[str], list[str]], text: str) -> None:
    """130 videos, so that a further page has to be asked for."""
    site("@RadioFon/videos", videos("chanv", 130), title="Radio Fon")
    assert listed(text) == ids("chanv", 130)


def test_a_tab_of_a_channel(site: Callable[..., None], listed: Callable[[str], list[str]]) -> None:
    site("@RadioFon/streams", videos("chans", 3))
    assert listed("https://www.youtube.com/@RadioFon/streams") == ids("chans", 3)


def test_all_playlists_of_a_channel(site: Callable[..., None], listed: Callable[[str], list[str]]) -> None:
    site("PLnestedone001", videos("nesta", 3), title="One")
    site("PLnestedtwo001", videos("nestb", 2), title="Two")
    site("@RadioFon/playlists", [], playlists=["PLnestedone001", "PLnestedtwo001"])
    assert listed("https://www.youtube.com/@RadioFon/playlists") == ids("nesta", 3) + ids("nestb", 2)


@pytest.mark.parametrize(
    ("text", "number"), [("ytsearch2:contes fon", 2), ("ytsearchall:contes fon", 5), ("ytsearch:contes fon", 1)]
)
def test_a_search(site: Callable[..., None], listed: Callable[[str], list[str]], text: str, number: int) -> None:
    site("search:contes fon", videos("found", 5))
    assert listed(text) == ids("found", number)


def test_a_search_by_its_page(site: Callable[..., None], listed: Callable[[str], list[str]]) -> None:
    site("search:agbadja & co", videos("pages", 3))
    assert listed("https://www.youtube.com/results?search_query=agbadja+%26+co") == ids("pages", 3)


def test_a_mix(site: Callable[..., None], listed: Callable[[str], list[str]]) -> None:
    site("RDmixed000000", videos("mixed", 4), title="Mix")
    assert listed("https://www.youtube.com/watch?v=mixed000000&list=RDmixed000000") == ids("mixed", 4)


def test_a_feed_is_the_list_behind_it(
    site: Callable[..., None], listed: Callable[[str], list[str]], servers: Stack
) -> None:
    channel = "abcdefghijklmnopqrstuv"
    site(f"UU{channel}", videos("feeds", 3))
    assert listed(f"https://www.youtube.com/feeds/videos.xml?channel_id=UC{channel}") == ids("feeds", 3)
    assert requests_of(servers, "playlist", f"UU{channel}") > 0


@pytest.mark.parametrize(
    "text", ["alone000000", "https://youtu.be/alone000000?t=5", "https://www.youtube.com/shorts/alone000000"]
)
def test_a_single_video(site: Callable[..., None], listed: Callable[[str], list[str]], text: str) -> None:
    site("PLalone000001", videos("alone", 1))
    assert listed(text) == ["youtube:alone000000"]


def test_a_channel_that_is_not_there(servers: Stack) -> None:
    [evidence] = list(ytdlp.list_videos(playlist_address("@nobody.here").url, RULES))
    assert isinstance(evidence, Evidence)


@pytest.mark.parametrize("title", ["[Private video]", "[Deleted video]"])
def test_a_video_of_a_channel_that_is_called_like_a_placeholder_is_none(
    site: Callable[..., None], title: str, servers: Stack
) -> None:
    site("@RadioFon/streams", [{"id": "placetitle1", "title": title}], channel="Radio Fon")
    [_, video, _] = list(ytdlp.list_videos("https://www.youtube.com/@RadioFon/streams", RULES))
    assert isinstance(video, ListedVideo)
    entry = Entry(video.video_id, video.url, video.title, video.duration, video.channel)
    assert (entry.title, failure_of(entry)) == (title, None)
