"""Requests and listings with the address of another video are refused, or taken as what the address means."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.audit.rules import Limits, violations_of
from dev.stack import Stack
from services.scraper.engines.values import ListedVideo, ListingEnded
from services.scraper.listing import expander
from shared.addresses.video_addresses import OtherVideo, asked_address, check_address
from shared.addresses.video_ids import is_well_formed
from shared.catalog.connection import Catalog
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.contracts import VideoRequested
from shared.errors import Unprocessable
from shared.messaging.publisher import Publisher
from shared.storage.s3.objects import ObjectStore
from tests.hostile.scraping import WATCH, Scraping, scraping
from tests.hostile.sources.identity.victim import ATTACK, SITE, VICTIM, AddPlaylist
from tests.site import requests_of

#: Addresses that belong to another video than `youtube:AAAAvictim1`.
OTHERS = [
    WATCH + ATTACK,
    f"http://www.youtube.com/watch?v={ATTACK}",
    f"https://youtube.com/watch?feature=x&v={ATTACK}",
    f"https://youtu.be/{ATTACK}",
    f"https://youtu.be/{ATTACK}?si={VICTIM}",
    f"{SITE}/embed/{ATTACK}",
    f"{SITE}/embed/{ATTACK}?v={VICTIM}",
    f"{SITE}/shorts/{ATTACK}",
    f"{SITE}/live/{ATTACK}",
    f"{SITE}/v/{ATTACK}",
    f"{SITE}/e/{ATTACK}",
    f"{SITE}/watch/{ATTACK}",
    f"https://music.youtube.com/watch?v={ATTACK}",
    f"https://www.youtube-nocookie.com/embed/{ATTACK}",
    f"https://m.youtube.com/watch?v={ATTACK}",
    f"https://WWW.YouTube.COM/watch?v={ATTACK}",
    f"https://www.youtube.com./watch?v={ATTACK}",
    f"https://www.youtubekids.com/watch?v={ATTACK}",
    f"https://youtube.googleapis.com/v/{ATTACK}",
    # Two at once: which one is meant depends on who reads.
    f"{WATCH}{VICTIM}&v={ATTACK}",
    f"{WATCH}{ATTACK}&v={VICTIM}",
    f"{WATCH}{VICTIM};v={ATTACK}",
    f"{WATCH}{VICTIM}#v={ATTACK}",
    f"{SITE}/#/watch?v={ATTACK}",
    f"{SITE}/%65mbed/{ATTACK}",
    # Ids are another in other capitals, and with more or fewer letters.
    WATCH + VICTIM.lower(),
    f"{WATCH}{VICTIM}x",
    WATCH + VICTIM[:-1],
    # No video at all, and none of YouTube.
    f"{SITE}/playlist?list=PLAAAAvictim1",
    f"{SITE}/@AAAAvictim1",
    f"{SITE}/",
    f"https://example.org/watch?v={VICTIM}",
    f"https://www.youtube.com.example.org/watch?v={VICTIM}",
    f"https://notyoutube.com/watch?v={VICTIM}",
    f"https://www.youtube.com@example.org/watch?v={VICTIM}",
]
#: Addresses that are the victim's own.
OWN = [
    WATCH + VICTIM,
    f"http://youtube.com/watch?v={VICTIM}",
    f"{WATCH}{VICTIM}&list=PLxxxxxxxxxxxx&t=4s",
    f"https://youtu.be/{VICTIM}?si=abc",
    f"{SITE}/shorts/{VICTIM}",
    f"{SITE}/embed/{VICTIM}",
    f"{SITE}/live/{VICTIM}?feature=share",
    f"https://music.youtube.com/watch?v={VICTIM}",
    f"https://www.youtube-nocookie.com/embed/{VICTIM}",
    f"https://m.youtube.com/watch?v={VICTIM}",
]


async def test_a_request_with_the_address_of_another_video_is_refused(
    catalog: Catalog,
    publisher: Publisher,
    store: ObjectStore,
    tmp_path: Path,
    inputs: Callable[[int], None],
) -> None:
    """Parked with its reason: nothing is accepted, nothing asked."""
    inputs(len(OTHERS))

    def nobody(_: object) -> Any:
        return SimpleNamespace(fetch=pytest.fail)

    async with scraping((catalog, publisher, store), tmp_path, fetcher=nobody) as found:
        for url in OTHERS:
            with pytest.raises(Unprocessable, match="belongs to another video"):
                await found.video_requested(VideoRequested(video_id=f"youtube:{VICTIM}", url=url))
    assert await catalog.videos.count_documents({}) == 0


@pytest.mark.parametrize("url", OWN)
def test_a_videos_own_addresses_are_taken(url: str) -> None:
    check_address(f"youtube:{VICTIM}", url)
    assert asked_address(f"youtube:{VICTIM}", url) == WATCH + VICTIM


@pytest.mark.parametrize(
    ("id_", "url"),
    [
        ("vimeo:123", WATCH + VICTIM),
        (f"vimeo:{VICTIM}", f"https://youtu.be/{VICTIM}"),
        ("generic:watch", f"{SITE}/playlist?list=PLAAAAvictim1"),
    ],
)
def test_a_video_elsewhere_has_no_address_of_youtube(id_: str, url: str) -> None:
    with pytest.raises(OtherVideo, match="of another source"):
        check_address(id_, url)


@pytest.mark.parametrize(
    "id_",
    [
        "generic:é",
        "generic:e\u0301",
        "..:abc",
        ".:abc",
        "generic:..",
        "generic:a.",
        "other:a%2Fb",
        "other:a\\b",
        "+:~~~é",
    ],
)
async def test_a_request_for_an_id_that_no_source_can_have_is_refused(rig: Scraping, id_: str) -> None:
    with pytest.raises(Unprocessable, match="is not a valid video id"):
        await rig.video_requested(VideoRequested(video_id=id_, url="https://example.org/x"))
    assert not is_well_formed(id_)


async def test_a_video_that_is_known_by_the_address_of_another_is_put_right(
    rig: Scraping,
    add_playlist: AddPlaylist,
    servers: Stack,
) -> None:
    """Its own retries bring that address too, and must not be refused for ever."""
    add_playlist("PLmistaken001", [{"id": VICTIM, "title": "Victim"}, {"id": ATTACK, "title": "Attack", "take": 9}])
    before = requests_of(servers, "page", ATTACK)
    request = await rig.accept(VICTIM, "original", url=WATCH + ATTACK)
    await rig.video_requested(request)
    video = await rig.video(VICTIM)
    assert (video["state"], video["url"], video["title"]) == ("stored", WATCH + VICTIM, "Victim")
    assert video["metadata"]["webpage_url"] == WATCH + VICTIM
    assert requests_of(servers, "page", ATTACK) == before
    assert violations_of(video, [1], datetime.now(UTC), Limits(3600, 8)) == []


#: What a hostile page lists → the id under which it is taken; None: it is left out.
LISTED = [
    (f"youtube:{VICTIM}", WATCH + ATTACK, f"youtube:{ATTACK}"),
    ("vimeo:1", f"https://youtu.be/{ATTACK}", f"youtube:{ATTACK}"),
    ("youtube:slug-of-the-page", f"{SITE}/embed/{ATTACK}", f"youtube:{ATTACK}"),
    (f"youtube:{VICTIM}", ATTACK, f"youtube:{ATTACK}"),
    (f"youtube:{VICTIM}", "https://example.org/own.mp3", None),
    (f"youtube:{VICTIM}", f"{WATCH}{VICTIM}&v={ATTACK}", None),
    (f"youtube:{VICTIM}", f"{SITE}/@somebody", None),
    ("vimeo:1", f"{SITE}/playlist?list=PLAAAAvictim1", None),
    (f"youtube:{VICTIM}", f"{SITE}/shorts/{VICTIM}", f"youtube:{VICTIM}"),
    ("vimeo:1", "https://vimeo.com/1", "vimeo:1"),
]


@pytest.mark.parametrize(("id_", "url", "taken_as"), LISTED)
async def test_an_entry_of_a_listing_is_taken_as_what_its_address_means(
    rig: Scraping, monkeypatch: pytest.MonkeyPatch, id_: str, url: str, taken_as: str | None
) -> None:
    async def hostile(*_: object) -> AsyncIterator[list[Any]]:
        yield [ListedVideo(id_, url, "x"), ListedVideo("youtube:honest00001", WATCH + "honest00001", "y")]
        yield [ListingEnded(1)]

    monkeypatch.setattr(expander, "listing", hostile)
    list_id, address = "url:hostile", "https://example.org/list"
    await accept_playlist(rig.catalog, list_id, address)
    await rig.expander.expand(list_id, address, SubmissionOptions())
    found = {video["_id"]: video["url"] async for video in rig.catalog.videos.find()}
    assert set(found) == {"youtube:honest00001", *([taken_as] if taken_as else [])}
    for each, where in found.items():
        check_address(each, where)
    known = await rig.catalog.playlists.find_one({"_id": list_id})
    assert known is not None
    assert len(known["left_out"]) == (taken_as is None)
