"""A playlist's document against a real database: who may list it, and whose word about a listing counts."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta

import pytest
from aio_pika.abc import AbstractRobustConnection

from services.retry.handlers import Retrier, playlist_failed
from services.retry.settings import RetrySettings
from services.scraper.failures.crash_loop import is_crash_loop
from shared.addresses.parse import playlist_address
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.documents import Playlist, PlaylistState
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.catalog.playlists.idempotency import submitted_playlist
from shared.catalog.playlists.lifecycle import NotListed, claim_playlist, fail_playlist, set_expanded
from shared.contracts import Failure, PlaylistFailed
from shared.errors import FailureClass
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.topology import DELIVERY_LIMIT, PLAYLISTS_QUEUE

LIST = "youtube:PL1"
FLAKY = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="Read timed out.")
REFUSED = Failure(failure_class=FailureClass.EGRESS, reason="bot-check", detail="Sign in to confirm")


async def accepted(catalog: Catalog) -> datetime:
    playlist, _ = await accept_playlist(catalog, LIST, "https://a.b/")
    return playlist["submitted_at"]


async def claimed(catalog: Catalog, owner: str, seconds: float = 60, asked: datetime | None = None) -> Playlist:
    playlist = await claim_playlist(catalog, LIST, owner, seconds, asked)
    assert not isinstance(playlist, NotListed)
    return playlist


async def failed(catalog: Catalog, owner: str, failure: Failure = FLAKY) -> Playlist:
    playlist = await fail_playlist(catalog, LIST, owner, failure)
    assert playlist is not None
    return playlist


def told(playlist: Playlist, failure: Failure = FLAKY) -> PlaylistFailed:
    return PlaylistFailed(
        playlist_id=LIST,
        url=playlist["url"],
        failure=failure,
        attempt=playlist["attempts"],
        charged=playlist["charged"],
        failed_at=playlist["state_since"],
    )


async def now_is(catalog: Catalog) -> Playlist:
    playlist = await catalog.playlists.find_one({"_id": LIST})
    assert playlist is not None
    return playlist


async def test_a_submission_during_a_listing_is_listed_once_more(catalog: Catalog) -> None:
    playlist, _ = await accept_playlist(catalog, LIST, "https://a.b/", SubmissionOptions(limit=1))
    await claim_playlist(catalog, LIST, "me", 60, playlist["submitted_at"])
    await asyncio.sleep(0.002)  # The catalog's clock counts milliseconds.
    again, _ = await accept_playlist(catalog, LIST, "https://a.b/", SubmissionOptions(limit=500, priority="high"))
    assert await set_expanded(catalog, LIST, "me")
    ended = await catalog.playlists.find_one({"_id": LIST})
    assert ended is not None
    assert (ended["state"], ended["limit"], ended["priority"]) == ("accepted", 500, "high")
    claimed = await claim_playlist(catalog, LIST, "me", 60, again["submitted_at"])
    assert not isinstance(claimed, NotListed)
    assert await set_expanded(catalog, LIST, "me")
    ended = await catalog.playlists.find_one({"_id": LIST})
    assert ended is not None
    assert ended["state"] == "expanded"


async def test_a_submission_is_answered_by_a_listing_that_began_after_it(catalog: Catalog) -> None:
    submitted = await accepted(catalog)
    await claimed(catalog, "one", asked=submitted)
    busy = await claim_playlist(catalog, LIST, "two", 60, submitted)
    assert isinstance(busy, NotListed)
    assert busy.why == "in-other-hands"
    assert await set_expanded(catalog, LIST, "one")
    assert await claim_playlist(catalog, LIST, "two", 60, submitted) == NotListed("listed")
    await claimed(catalog, "two", asked=None)


async def test_a_listing_that_lost_its_lease_has_no_say(catalog: Catalog) -> None:
    await accepted(catalog)
    await claimed(catalog, "slow", seconds=0)
    await asyncio.sleep(0.01)
    await claimed(catalog, "quick")
    assert await fail_playlist(catalog, LIST, "slow", FLAKY) is None
    assert not await set_expanded(catalog, LIST, "slow")
    assert (await now_is(catalog))["state"] == PlaylistState.EXPANDING
    assert await set_expanded(catalog, LIST, "quick")


async def test_an_old_failure_does_not_touch_a_later_listing(
    catalog: Catalog, broker: AbstractRobustConnection, publisher: Publisher
) -> None:
    retrier = Retrier(catalog, publisher, RetrySettings(_env_file=None), random.Random(1))
    await accepted(catalog)
    await claimed(catalog, "one")
    old = told(await failed(catalog, "one"))
    await asyncio.sleep(0.01)
    await accepted(catalog)
    await claimed(catalog, "two")
    await playlist_failed(retrier, old)
    assert (await now_is(catalog))["state"] == PlaylistState.EXPANDING
    assert await depth(broker, PLAYLISTS_QUEUE) == 0
    failure = told(await failed(catalog, "two"))
    guess = (await now_is(catalog))["retry"]["due_at"]
    await playlist_failed(retrier, failure)
    decided = await now_is(catalog)
    assert decided["state"] == PlaylistState.WAITING
    assert decided["retry"]["due_at"] < guess, "30 s at most, not the guess of 5 minutes"


async def test_refusals_of_the_egress_are_not_counted_against_a_playlist(
    catalog: Catalog, publisher: Publisher
) -> None:
    retrier = Retrier(catalog, publisher, RetrySettings(_env_file=None, tool_attempts=2), random.Random(1))
    await accepted(catalog)
    for number in range(1, 4):
        await claimed(catalog, f"refused {number}")
        playlist = await failed(catalog, f"refused {number}", REFUSED)
        assert (playlist["retry"]["in_a_row"], playlist["charged"]) == (number, 0)
        await playlist_failed(retrier, told(playlist, REFUSED))
        await catalog.playlists.update_one({"_id": LIST}, {"$set": {"retry.due_at": playlist["accepted_at"]}})
    await claimed(catalog, "broken")
    broken = Failure(failure_class=FailureClass.TOOL, reason="unknown", detail="?")
    playlist = await failed(catalog, "broken", broken)
    assert playlist["retry"]["in_a_row"] == 1
    await playlist_failed(retrier, told(playlist, broken))
    assert (await now_is(catalog))["state"] == PlaylistState.WAITING, "once is not too often"


async def test_a_playlist_is_given_up_when_it_is_too_old(catalog: Catalog, publisher: Publisher) -> None:
    retrier = Retrier(catalog, publisher, RetrySettings(_env_file=None), random.Random(1))
    await accepted(catalog)
    await claimed(catalog, "one")
    await failed(catalog, "one")
    long_ago = await catalog.now() - timedelta(days=31)
    await catalog.playlists.update_one(
        {"_id": LIST}, {"$set": {"retry.first_failed_at": long_ago, "retry.due_at": long_ago}}
    )
    await claimed(catalog, "two")
    await playlist_failed(retrier, told(await failed(catalog, "two")))
    assert (await now_is(catalog))["state"] == PlaylistState.REFUSED


async def test_listings_that_kill_their_scraper_are_counted(catalog: Catalog) -> None:
    await accepted(catalog)
    for number in range(DELIVERY_LIMIT + 1):
        playlist = await claimed(catalog, f"scraper {number}", seconds=0)
        assert is_crash_loop(playlist) == (number == DELIVERY_LIMIT)
        await asyncio.sleep(0.002)


@pytest.mark.parametrize(
    ("id_", "url"),
    [
        # As an older version named tabs of channels, and an address that was not in its one form.
        ("youtube:@radiofon", "https://www.youtube.com/@RadioFon/videos"),
        ("youtube:c:Radio:shorts", "https://www.youtube.com/c/Radio/shorts"),
        ("url:0123456789abcdef01234567", "https://Radio.example.org:443/%c3%a9"),
    ],
)
async def test_a_playlist_that_an_older_version_accepted_keeps_its_id(catalog: Catalog, id_: str, url: str) -> None:
    old, _ = await accept_playlist(catalog, id_, url)
    message = submission_of(old)
    address = playlist_address(message.url)
    assert address.playlist_id != id_
    assert await submitted_playlist(catalog, address, message.playlist_id) == (id_, old)
    # Nobody else's message takes it over: not one without an id, and not one for another address.
    assert await submitted_playlist(catalog, address, None) == (address.playlist_id, None)
    other = playlist_address("https://www.youtube.com/@other/videos")
    assert await submitted_playlist(catalog, other, id_) == (other.playlist_id, None)


async def test_a_playlist_has_the_address_of_its_last_submission(catalog: Catalog) -> None:
    """A channel that was once its tab of videos becomes the whole channel when it is submitted again."""
    await accept_playlist(catalog, "youtube:@radiofon", "https://www.youtube.com/@RadioFon/videos")
    address = playlist_address("@RadioFon")
    playlist, new = await accept_playlist(catalog, *address)
    assert not new
    assert (playlist["_id"], playlist["url"]) == address
