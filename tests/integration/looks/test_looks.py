"""Looks at followed sources: the cheapest rung that answers, and exactly what is new is requested."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from dev.site.client import set_feed
from dev.stack import Stack
from services.watch.scheduler import Scheduler
from shared.catalog.connection import Catalog
from shared.catalog.sources.definitions import change_source, get_source
from shared.contracts.source import Depth, Rung
from shared.following.definition import SourceDefinition
from tests.integration.looks.conftest import Follow, Look
from tests.site import requests_of

pytestmark = pytest.mark.usefixtures("through_the_site")
AddPlaylist = Callable[..., str]
HOUR = timedelta(hours=1)


def entries(stem: str, numbers: range) -> list[dict[str, Any]]:
    """Entries of a list, the one with the highest number first, published an hour apart."""
    return [
        {"id": f"{stem}-{n:05}"[:11], "title": f"{stem} {n}", "published_at": 1_770_000_000 + 3600 * n}
        for n in reversed(numbers)
    ]


async def taken(catalog: Catalog, playlist_id: str) -> list[str]:
    """Titles of the videos that were accepted, sorted."""
    return sorted([str(v["title"]) async for v in catalog.videos.find({"playlists": playlist_id})])


def asked(servers: Stack, list_id: str) -> dict[str, int]:
    return {kind: requests_of(servers, kind, list_id) for kind in ("playlist", "continuation", "feed")}


async def test_the_first_look_takes_the_newest_and_asks_for_one_page(
    servers: Stack, catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    url = add_playlist("PLfollowed001", entries("folla", range(5000)))
    await follow("a", url, first=1)
    answer = await look("a")
    assert (answer.failure, answer.rung, answer.new) == (None, Rung.INCREMENTAL, 1)
    assert await taken(catalog, "youtube:PLfollowed001") == ["folla 4999"]
    counted = asked(servers, "PLfollowed001")
    assert counted["playlist"] + counted["continuation"] <= 2
    # What was there before is not new, though nothing of it is in the catalog: not by the feed, and not by the list.
    for depth, rung in ((Depth.ANY, Rung.FEED), (Depth.LIST, Rung.INCREMENTAL)):
        answer = await look("a", depth)
        assert (answer.failure, answer.rung, answer.new) == (None, rung, 0)
    counted = asked(servers, "PLfollowed001")
    assert counted["playlist"] + counted["continuation"] <= 4


async def test_what_is_new_is_requested_by_the_feed_and_nothing_else(
    servers: Stack, catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    url = add_playlist("PLfollowed002", entries("follb", range(300)))
    await follow("b", url, first=3)
    assert (await look("b")).new == 3
    listed = asked(servers, "PLfollowed002")
    first = await look("b")
    assert (first.rung, first.new, first.requests) == (Rung.FEED, 0, 1)
    again = await look("b")
    assert (again.rung, again.new, again.requests) == (Rung.FEED, 0, 1)
    assert requests_of(servers, "feed-unchanged", "PLfollowed002") == 1
    add_playlist("PLfollowed002", entries("follb", range(302)))
    found = await look("b")
    assert (found.rung, found.new, found.requests) == (Rung.FEED, 2, 1)
    assert (await look("b")).new == 0
    assert await taken(catalog, "youtube:PLfollowed002") == [f"follb {n}" for n in range(297, 302)]
    counted = asked(servers, "PLfollowed002")
    assert (counted["playlist"], counted["continuation"]) == (listed["playlist"], listed["continuation"])


async def test_more_news_than_a_feed_holds_are_found_in_the_list(
    servers: Stack, catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    url = add_playlist("PLfollowed003", entries("follc", range(50)))
    await follow("c", url, first=2)
    await look("c")
    add_playlist("PLfollowed003", entries("follc", range(250)))
    found = await look("c")
    assert (found.rung, found.new) == (Rung.INCREMENTAL, 200)
    assert len(await taken(catalog, "youtube:PLfollowed003")) == 202


@pytest.mark.parametrize("status", [404, 500, 503])
async def test_a_feed_that_fails_says_nothing(
    servers: Stack, catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look, status: int
) -> None:
    list_id, stem = f"PLfollowed{status}", f"fo{status}"
    url = add_playlist(list_id, entries(stem, range(5)))
    await follow("d", url, first="all")
    assert (await look("d")).new == 5
    set_feed(servers.exports, list_id, status)
    add_playlist(list_id, entries(stem, range(7)))
    found = await look("d")
    assert (found.failure, found.rung, found.new, found.gone) == (None, Rung.INCREMENTAL, 2, 0)
    set_feed(servers.exports, list_id, None)
    assert (await look("d")).rung is Rung.FEED


async def test_a_feed_that_fails_for_three_days_loses_nothing(
    servers: Stack,
    catalog: Catalog,
    add_playlist: AddPlaylist,
    follow: Follow,
    look: Look,
    scheduler: Scheduler,
) -> None:
    """A look every hour, as deep as the scheduler decides, while the catalog's times move back by an hour each."""
    list_id, hours = "PLfollowed014", 72
    url = add_playlist(list_id, entries("folln", range(20)))
    await follow("n", url, first="all")
    assert (await look("n")).new == 20
    new = gone = lists = 0
    for hour in range(hours):
        set_feed(servers.exports, list_id, 404 if hour % 2 else 500)
        if hour % 10 == 0:
            add_playlist(list_id, entries("folln", range(20 + hour // 10 + 1)))
        source = await get_source(catalog, "n")
        assert source is not None
        before = {"listed_at": source["listed_at"] - HOUR, "full_at": source["full_at"] - HOUR}
        await catalog.sources.update_one({"_id": "n"}, {"$set": before})
        [source] = await catalog.sources.find({"_id": "n"}).to_list()
        found = await look("n", scheduler.request_for({**source, "asked_at": await catalog.now()}).depth)
        assert found.failure is None
        new, gone, lists = new + found.new, gone + found.gone, lists + (found.rung is not Rung.FEED)
    assert (new, gone, lists) == (8, 0, hours), "the list found what the feed could not"
    set_feed(servers.exports, list_id, None)
    back = await look("n")
    assert (back.rung, back.new, back.gone) == (Rung.FEED, 0, 0)
    assert len(await taken(catalog, f"youtube:{list_id}")) == 28
    assert await catalog.videos.count_documents({"left.0": {"$exists": True}}) == 0


async def test_a_full_look_finds_what_was_published_late_and_what_is_gone(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    before = entries("folle", range(20))
    url = add_playlist("PLfollowed004", before)
    await follow("e", url, first="all")
    first = await look("e")
    assert (first.rung, first.new) == (Rung.FULL, 20)
    late = {"id": "folle-late1", "title": "folle late", "published_at": 1_770_000_000 + 3600 * 4}
    after = [*before[:14], late, *before[14:17], *before[18:]]
    add_playlist("PLfollowed004", after)
    assert (await look("e", Depth.LIST)).new == 0, "it stands far below what is known"
    found = await look("e", Depth.FULL)
    assert (found.new, found.gone, found.gone_ids) == (1, 1, ("youtube:folle-00002",))
    video = await catalog.videos.find_one({"_id": "youtube:folle-00002"})
    assert video is not None
    assert [each["playlist"] for each in video["left"]] == ["youtube:PLfollowed004"]
    assert video["state"] == "queued", "it is fetched all the same"
    playlist = await catalog.playlists.find_one({"_id": "youtube:PLfollowed004"})
    assert playlist is not None
    assert (playlist["departed"], playlist["departed_at"]) == (1, video["left"][0]["at"])
    # It comes back.
    add_playlist("PLfollowed004", before)
    assert (await look("e", Depth.FULL)).gone == 1, "the late one"
    video = await catalog.videos.find_one({"_id": "youtube:folle-00002"})
    assert video is not None
    assert video["left"] == []
    playlist = await catalog.playlists.find_one({"_id": "youtube:PLfollowed004"})
    assert playlist is not None
    assert playlist["departed"] == 1, "the late one alone"


async def test_what_a_look_did_not_read_is_not_gone(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    """A look that ends at the number of entries that may be read, or that the address names, says nothing of others."""
    url = add_playlist("PLfollowed010", entries("follk", range(20)))
    await follow("k", url, first="all")
    assert (await look("k", Depth.FULL)).new == 20
    add_playlist("PLfollowed010", entries("follk", range(25)))
    for longest in (10, 25):
        cut = await look("k", Depth.FULL, longest=longest)
        assert (cut.failure, cut.gone) == (None, 0)
    add_playlist("PLfollowed010", entries("follk", range(1, 25)))
    assert (await look("k", Depth.FULL, longest=26)).gone_ids == ("youtube:follk-00000",)


async def test_a_list_that_grows_at_its_end_is_found_by_full_looks(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    before = entries("follh", range(30))
    url = add_playlist("PLfollowed007", before)
    await follow("h", url, first=2)
    await look("h")
    # The first full look only learns what was there before.
    assert (await look("h", Depth.FULL)).new == 0
    at_the_end = {"id": "follh-end01", "title": "follh end"}
    in_the_midst = {"id": "follh-mid01", "title": "follh mid"}
    add_playlist("PLfollowed007", [*before[:20], in_the_midst, *before[20:], at_the_end])
    assert (await look("h", Depth.LIST)).new == 0
    found = await look("h", Depth.FULL)
    assert (found.new, set(found.new_ids)) == (2, {"youtube:follh-end01", "youtube:follh-mid01"})
    assert (await look("h", Depth.FULL)).new == 0
    assert len(await taken(catalog, "youtube:PLfollowed007")) == 4


async def test_a_channel_without_recordings_is_followed_from_its_first_one_on(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    url = add_playlist("PLfollowed008", [])
    await follow("i", url, first=0)
    assert (await look("i")).failure is None
    add_playlist("PLfollowed008", entries("folli", range(2)))
    assert (await look("i", Depth.LIST)).new == 2


async def test_the_first_look_takes_the_newest_that_are_wanted(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    videos = entries("follj", range(30))
    for video in videos[:9]:
        video["title"] = f"teaser {video['title']}"
    url = add_playlist("PLfollowed009", videos)
    await follow("j", url, first=2, filters={"title_exclude": "teaser"})
    found = await look("j")
    assert (found.new, found.filtered) == (2, 9)
    assert set(found.new_ids) == {"youtube:follj-00020", "youtube:follj-00019"}


async def test_a_list_that_is_empty_for_once_loses_nothing(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    before = entries("follf", range(5))
    url = add_playlist("PLfollowed005", before)
    await follow("f", url, first=2)
    await look("f")
    add_playlist("PLfollowed005", [])
    found = await look("f", Depth.FULL)
    assert (found.failure is not None, found.gone) == (True, 0)
    add_playlist("PLfollowed005", entries("follf", range(6)))
    found = await look("f", Depth.LIST)
    assert (found.failure, found.new) == (None, 1)
    assert await taken(catalog, "youtube:PLfollowed005") == ["follf 3", "follf 4", "follf 5"]


async def test_other_filters_take_exactly_what_the_old_ones_left_out(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    videos = entries("follg", range(6))
    for video in videos[::2]:
        video["title"] = f"teaser {video['title']}"
    url = add_playlist("PLfollowed006", videos)
    definition = await follow("g", url, first="all", filters={"title_exclude": "teaser"})
    found = await look("g")
    assert (found.new, found.filtered) == (3, 3)
    states = {v["_id"]: v["state"] async for v in catalog.videos.find()}
    source = await get_source(catalog, "g")
    assert source is not None
    changed = SourceDefinition.model_validate({**definition.stored(), "filters": {"title_exclude": "teaser follg 1"}})
    assert await change_source(catalog, source, changed) is not None
    await look("g", Depth.FULL)
    now = {v["_id"]: v["state"] async for v in catalog.videos.find()}
    expected = {v["id"] for v in videos if v["title"].startswith("teaser") and v["title"] != "teaser follg 1"}
    assert {id_.removeprefix("youtube:") for id_ in now if now[id_] != states[id_]} == expected


async def test_the_lag_of_what_is_published_while_followed_is_measured(
    catalog: Catalog, add_playlist: AddPlaylist, follow: Follow, look: Look
) -> None:
    def measured() -> float:
        return REGISTRY.get_sample_value("fonoteca_scraper_request_lag_seconds_count") or 0

    before = measured()
    old = entries("follm", range(20))
    url = add_playlist("PLfollowed013", old)
    await follow("m", url, first=1)
    await look("m")
    assert measured() == before, "it was published before its source was followed"
    moment = math.ceil(time.time()) + 1
    new = {"id": "follm-new001"[:11], "title": "follm new", "published_at": moment}
    add_playlist("PLfollowed013", [new, *old])
    assert (await look("m")).new == 1
    assert measured() == before + 1
    [video] = await catalog.videos.find({"title": "follm new"}).to_list()
    assert video["published_at"].timestamp() == moment
    assert await catalog.videos.count_documents({"published_at": {"$exists": True}}) == 1
