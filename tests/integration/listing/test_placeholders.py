"""Private and removed videos in a listing: recorded with their reason, asked for when a listing shows them again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection

from dev.stack import Stack
from services.retry.handlers import Retrier, video_failed
from services.retry.settings import RetrySettings
from services.scraper.engines.values import SourceRules
from services.scraper.listing.acceptance import Acceptance
from services.scraper.listing.expander import Expander, ListingRules
from services.scraper.sources.limits import Sources
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import failed_message
from shared.catalog.delivery.overdue import undecided_videos
from shared.catalog.documents import Video, VideoState
from shared.catalog.operator.decisions import abandon_video, delete_video
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.topology import FAILURES_QUEUE, VIDEOS_QUEUE
from tests.site import requests_of

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
AddPlaylist = Callable[..., str]
LIST = "PLplacehold01"
GOOD, PRIVATE, REMOVED = ("placehold01", "placehold02", "placehold03")


@pytest.fixture
def expand(catalog: Catalog, publisher: Publisher) -> Callable[[str], Any]:
    """Lists a playlist as a scraper does. Returns how many entries it has."""

    async def call(url: str) -> int:
        await accept_playlist(catalog, f"youtube:{LIST}", url)
        return await Expander(
            Acceptance(catalog, publisher), RULES, Sources(0, 0), ListingRules(60, 0, ("mp3-320",))
        ).expand(f"youtube:{LIST}", url, SubmissionOptions())

    return call


async def one(catalog: Catalog, id_: str) -> Video:
    video = await catalog.videos.find_one({"_id": f"youtube:{id_}"})
    assert video is not None
    return video


def videos(**troubles: str) -> list[dict[str, Any]]:
    return [
        {"id": id_, "title": f"Title of {id_}", "trouble": troubles.get(id_, "none")}
        for id_ in (GOOD, PRIVATE, REMOVED)
    ]


async def decided(catalog: Catalog, publisher: Publisher, *ids: str) -> None:
    """What the retry service does with their messages."""
    retrier = Retrier(catalog, publisher, RetrySettings(), random.Random(1))
    for id_ in ids:
        await video_failed(retrier, failed_message(await one(catalog, id_)))


async def test_they_are_recorded_and_not_asked_for(
    catalog: Catalog,
    publisher: Publisher,
    broker: AbstractRobustConnection,
    add_playlist: AddPlaylist,
    expand: Callable[[str], Any],
    servers: Stack,
) -> None:
    url = add_playlist(LIST, videos(**{PRIVATE: "private", REMOVED: "removed"}))
    assert await expand(url) == 3
    assert await depth(broker, VIDEOS_QUEUE) == 1
    assert await depth(broker, FAILURES_QUEUE) == 2
    await decided(catalog, publisher, PRIVATE, REMOVED)
    private, removed = await one(catalog, PRIVATE), await one(catalog, REMOVED)
    assert (private["state"], private["retry"]["failure"]["reason"]) == (VideoState.WAITING, "private")
    assert private["retry"]["due_at"] > await catalog.now() + timedelta(days=6)
    assert (removed["state"], removed["retry"]["failure"]["reason"]) == (VideoState.ABANDONED, "removed")
    assert (private["title"], private["attempts"], removed["attempts"]) == (None, 0, 0)
    assert await expand(url) == 3, "listed again, nothing changes"
    assert await depth(broker, FAILURES_QUEUE) == 2
    assert (await one(catalog, REMOVED))["state"] == VideoState.ABANDONED
    assert requests_of(servers, "page", PRIVATE) == requests_of(servers, "page", REMOVED) == 0


async def test_a_scraper_that_dies_before_it_tells_leaves_them_to_the_sweeper(
    catalog: Catalog, add_playlist: AddPlaylist, expand: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(_: Publisher, messages: Iterable[object]) -> None:
        if list(messages):
            raise ConnectionError

    monkeypatch.setattr(Publisher, "publish_many", dies)
    with pytest.raises(ConnectionError):
        await expand(add_playlist(LIST, videos(**{GOOD: "private", PRIVATE: "private", REMOVED: "removed"})))
    later = await catalog.now() + timedelta(seconds=1)
    found = [video["_id"] async for batch in undecided_videos(catalog, later) for video in batch]
    assert f"youtube:{GOOD}" in found


@pytest.mark.parametrize("state", ["waiting", "abandoned", "undecided"])
async def test_one_that_is_shown_again_is_requested(
    catalog: Catalog,
    publisher: Publisher,
    broker: AbstractRobustConnection,
    add_playlist: AddPlaylist,
    expand: Callable[[str], Any],
    state: str,
) -> None:
    trouble = "removed" if state == "abandoned" else "private"
    await expand(add_playlist(LIST, videos(**{PRIVATE: trouble})))
    if state != "undecided":
        await decided(catalog, publisher, PRIVATE)
    before = await depth(broker, VIDEOS_QUEUE)
    await expand(add_playlist(LIST, videos()))
    assert (await one(catalog, PRIVATE))["state"] == VideoState.QUEUED
    assert await depth(broker, VIDEOS_QUEUE) == before + 1


@pytest.mark.parametrize("decision", [abandon_video, delete_video])
async def test_what_a_person_decided_holds(
    catalog: Catalog,
    publisher: Publisher,
    add_playlist: AddPlaylist,
    expand: Callable[[str], Any],
    decision: Callable[..., Any],
) -> None:
    await expand(add_playlist(LIST, videos(**{PRIVATE: "private"})))
    await decided(catalog, publisher, PRIVATE)
    assert await decision(catalog, await one(catalog, PRIVATE)) is not None
    await expand(add_playlist(LIST, videos()))
    assert (await one(catalog, PRIVATE))["state"] == VideoState.ABANDONED
