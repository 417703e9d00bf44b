"""Expanding playlists of the local site into a real catalog and a real broker."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aio_pika.abc import AbstractRobustConnection

from services.scraper.engines.values import SourceRules
from services.scraper.listing.acceptance import Acceptance
from services.scraper.listing.expander import Expander, ListingRules
from services.scraper.listing.failed import ListingFailed
from services.scraper.sources.limits import Sources
from shared.catalog.connection import Catalog
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.errors import BrokerUnavailable
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.topology import URGENT_QUEUE, VIDEOS_QUEUE

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
PROFILES = ("mp3-320",)
LIST = "youtube:PLexpandlong1"
pytestmark = pytest.mark.usefixtures("through_the_site")


def expander_of(catalog: Catalog, publisher: Publisher, longest: int = 0) -> Expander:
    rules = ListingRules(60, longest, PROFILES)
    return Expander(Acceptance(catalog, publisher), RULES, Sources(0, 0), rules)


async def test_of_a_playlist_that_is_too_long_the_beginning_is_taken(
    catalog: Catalog,
    publisher: Publisher,
    broker: AbstractRobustConnection,
    add_playlist: Callable[..., str],
) -> None:
    url = add_playlist("PLexpandlong1", [{"id": f"expandlong{n}", "title": str(n)} for n in range(8)])
    await accept_playlist(catalog, LIST, url)
    with pytest.raises(
        ListingFailed, match=r"more than SCRAPER_LONGEST_PLAYLIST \(5\).*the first 5 were taken"
    ) as told:
        await expander_of(catalog, publisher, 5).expand(LIST, url, SubmissionOptions())
    assert told.value.cause.reason == "playlist-too-long"
    found = sorted([video["_id"] async for video in catalog.videos.find()])
    assert found == [f"youtube:expandlong{n}" for n in range(5)]
    assert await depth(broker, VIDEOS_QUEUE) == 5
    assert await expander_of(catalog, publisher, 8).expand(LIST, url, SubmissionOptions()) == 8
    assert await depth(broker, VIDEOS_QUEUE) == 8


async def test_a_submission_may_ask_for_other_profiles_for_the_first_few_and_for_haste(
    catalog: Catalog,
    publisher: Publisher,
    broker: AbstractRobustConnection,
    add_playlist: Callable[..., str],
) -> None:
    url = add_playlist("PLexpandwish1", [{"id": f"expandwish{n}", "title": str(n)} for n in range(6)])
    wishes = SubmissionOptions(("flac", "opus-96"), 4, "high")
    before = await depth(broker, VIDEOS_QUEUE)
    found = await expander_of(catalog, publisher, 0).expand(LIST, url, wishes)
    videos = await catalog.videos.find({}).sort("accession", 1).to_list()
    assert found == 4
    assert [v["_id"] for v in videos] == [f"youtube:expandwish{n}" for n in range(4)]
    assert all(v["profiles"] == ["flac", "opus-96"] and v["urgent"] for v in videos)
    assert [v["accession"] for v in videos] == [1, 2, 3, 4]
    assert await depth(broker, URGENT_QUEUE) == 4
    assert await depth(broker, VIDEOS_QUEUE) == before


async def test_a_broker_that_fails_at_the_end_does_not_hide_how_the_listing_ended(
    catalog: Catalog, publisher: Publisher, add_playlist: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = add_playlist("PLexpandlong1", [{"id": f"expandaway{n}", "title": str(n)} for n in range(8)])
    await accept_playlist(catalog, LIST, url)

    async def away(_message: object) -> None:
        raise BrokerUnavailable("away")

    monkeypatch.setattr(publisher, "publish", away)
    with pytest.raises(BrokerUnavailable):
        await expander_of(catalog, publisher).expand(LIST, url, SubmissionOptions())
    # The list is too long after its first entry, whose request is on its way then.
    with pytest.raises(ListingFailed, match="more than SCRAPER_LONGEST_PLAYLIST"):
        await expander_of(catalog, publisher, 1).expand(LIST, url, SubmissionOptions())
