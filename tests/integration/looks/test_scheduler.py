"""Due looks are requested once, whoever dies; their answers are recorded once, and late ones not at all."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection

from services.watch.scheduler import Scheduler
from services.watch.settings import WatchSettings
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.sources.definitions import change_source, get_source
from shared.catalog.sources.looks import claim_due, count_under_way, longest_overdue, looks_of, record_look
from shared.contracts import Failure, SourceChecked, SourceCheckRequested, unwrap
from shared.contracts.reasons import Reason
from shared.contracts.source import Depth
from shared.filters import Filters
from shared.messaging.publisher import Publisher
from shared.topology import CHECKS_QUEUE
from tests.integration.looks.conftest import Follow

SOURCES = 60


async def one(catalog: Catalog, name: str) -> Source:
    source = await get_source(catalog, name)
    assert source is not None
    return source


def answered(source: Source, **more: Any) -> SourceChecked:
    fields = {"rung": "feed", "requests": 1, "checked_at": source["asked_at"], **more}
    return SourceChecked.model_validate({"source": source["_id"], "look": source["look"], **fields})


async def requested(broker: AbstractRobustConnection) -> list[tuple[str, int, str]]:
    """All requests for looks, which are taken from the queue."""
    found = []
    async with await broker.channel() as channel:
        queue = await channel.get_queue(CHECKS_QUEUE, ensure=False)
        while (message := await queue.get(fail=False, no_ack=True)) is not None:
            asked = unwrap(message.body, (SourceCheckRequested,)).message
            assert isinstance(asked, SourceCheckRequested)
            assert json.loads(message.body)["id"] == asked.message_id()
            found.append((asked.source, asked.look, asked.depth.value))
    return found


@pytest.fixture
async def many(catalog: Catalog, follow: Follow, broker: AbstractRobustConnection) -> list[str]:
    names = [f"many-{n}" for n in range(SOURCES)]
    for name in names:
        await follow(name, f"PLmanysources-{name}", every="1h")
    await requested(broker)
    return names


@pytest.fixture
def replica(catalog: Catalog, publisher: Publisher) -> Callable[[int], Scheduler]:
    def make(at_once: int) -> Scheduler:
        return Scheduler(catalog, publisher, WatchSettings(at_once=at_once), random.Random(1))

    return make


async def test_of_several_replicas_one_requests_each_look(
    catalog: Catalog, many: list[str], replica: Callable[[int], Scheduler], broker: AbstractRobustConnection
) -> None:
    counts = await asyncio.gather(*(replica(1000).request_due() for _ in range(8)))
    found = await requested(broker)
    assert sum(counts) == len(found) == SOURCES
    assert sorted(found) == sorted((name, 1, "any") for name in many)
    assert await replica(1000).request_due() == 0, "all are under way"


async def test_no_more_are_requested_than_may_be_under_way(
    catalog: Catalog, many: list[str], replica: Callable[[int], Scheduler], broker: AbstractRobustConnection
) -> None:
    scheduler = replica(25)
    assert await scheduler.request_due() == 25
    assert await scheduler.request_due() == 0
    done = {name for name, _, _ in await requested(broker)}
    for name in done:
        await record_look(catalog, answered(await one(catalog, name)), scheduler.next_due)
    assert await scheduler.request_due() == 25
    assert not done & {name for name, _, _ in await requested(broker)}, "who was looked at waits for the next time"
    assert await count_under_way(catalog) == 25


async def test_a_look_whose_request_or_answer_was_lost_is_requested_again(
    catalog: Catalog, follow: Follow, replica: Callable[[int], Scheduler], broker: AbstractRobustConnection
) -> None:
    await follow("lost", "PLlostlook0001", every="1h")
    scheduler = replica(10)
    await requested(broker)
    # The process dies between the claim and the request.
    [claimed] = await claim_due(catalog, 10, 3600)
    assert await scheduler.request_due() == 0
    await catalog.sources.update_one({"_id": "lost"}, {"$set": {"lease_until": claimed["asked_at"]}})
    assert await scheduler.request_due() == 1
    assert await requested(broker) == [("lost", 2, "any")]
    # The answer under the first number comes after all, and is too late.
    assert await record_look(catalog, answered(claimed), scheduler.next_due) is None
    now = await one(catalog, "lost")
    assert await record_look(catalog, answered(now), scheduler.next_due) is not None
    # The same answer once more, and again after the next look was requested.
    assert await record_look(catalog, answered(now, new=5), scheduler.next_due) is None
    assert [look["new"] for look in await looks_of(catalog, "lost", 10)] == [0]


async def test_a_clock_that_jumps_does_no_harm(
    catalog: Catalog, follow: Follow, replica: Callable[[int], Scheduler]
) -> None:
    await follow("clock", "PLclockjumps01", every="1h")
    scheduler = replica(10)
    [claimed] = await claim_due(catalog, 10, 60)
    await record_look(catalog, answered(claimed), scheduler.next_due)
    assert await scheduler.request_due() == 0
    # It was ten years ahead, and went back: what was planned then is not waited for.
    ahead = (await catalog.now()) + timedelta(days=3650)
    await catalog.sources.update_one(
        {"_id": "clock"}, {"$set": {"asked_at": ahead, "due_at": ahead, "lease_until": ahead}}
    )
    assert await scheduler.request_due() == 1
    # It jumps forward by a year: one look is due, not one for each hour.
    await catalog.sources.update_one(
        {"_id": "clock"}, {"$set": {"due_at": (await catalog.now()) - timedelta(days=365)}}
    )
    await record_look(catalog, answered(await one(catalog, "clock")), scheduler.next_due)
    assert await scheduler.request_due() == 0
    assert await longest_overdue(catalog) == 0


async def test_a_definition_that_changes_during_a_look_is_looked_at_again(
    catalog: Catalog, follow: Follow, replica: Callable[[int], Scheduler]
) -> None:
    definition = await follow("changing", "PLchanging0001", every="1d")
    scheduler = replica(10)
    [claimed] = await claim_due(catalog, 10, 3600)
    other = definition.model_copy(update={"filters": Filters(title_exclude="teaser")})
    assert await change_source(catalog, await one(catalog, "changing"), other) is not None
    # The look that is under way ends, perhaps with the old filters.
    after = await record_look(catalog, answered(claimed, rung="full"), scheduler.next_due)
    assert after is not None
    assert after["full_next"]
    [again] = await claim_due(catalog, 10, 3600)
    assert scheduler.request_for(again).depth is Depth.FULL
    after = await record_look(catalog, answered(again, rung="full"), scheduler.next_due)
    assert after is not None
    assert "full_next" not in after
    assert await claim_due(catalog, 10, 3600) == []


async def test_how_deep_a_look_goes(
    catalog: Catalog, follow: Follow, replica: Callable[[int], Scheduler], broker: AbstractRobustConnection
) -> None:
    await follow("deep", "PLdeeplooks0001", every="1h")
    scheduler, now = replica(10), await catalog.now()

    async def depth(**ages: float) -> str:
        times = {name: now - timedelta(seconds=age) for name, age in ages.items()}
        due = {"due_at": now, "lease_until": now, **times}
        await catalog.sources.update_one({"_id": "deep"}, {"$set": due})
        await scheduler.request_due()
        [(_, _, found)] = await requested(broker)
        return found

    await requested(broker)
    settings = scheduler.settings
    assert await depth() == Depth.ANY
    assert await depth(listed_at=settings.list_seconds - 60, full_at=settings.full_seconds - 60) == Depth.ANY
    assert await depth(listed_at=settings.list_seconds + 60) == Depth.LIST
    assert await depth(full_at=settings.full_seconds + 60) == Depth.FULL
    assert await depth(full_at=0, listed_at=0) == Depth.ANY


async def test_a_failed_look_waits_longer_and_keeps_what_is_known(
    catalog: Catalog, follow: Follow, replica: Callable[[int], Scheduler]
) -> None:
    await follow("failing", "PLfailinglook1", every="1h")
    scheduler = replica(10)
    [claimed] = await claim_due(catalog, 10, 60)
    first = answered(claimed, recent=["youtube:a", "youtube:b"], feed={"etag": '"1"'})
    await record_look(catalog, first, scheduler.next_due)
    for number in range(1, 4):
        await catalog.sources.update_one({"_id": "failing"}, {"$set": {"due_at": await catalog.now()}})
        [claimed] = await claim_due(catalog, 10, 60)
        failed = answered(claimed, failure=Failure.of(Reason.SERVER_ERROR, "HTTP 500"))
        after = await record_look(catalog, failed, replace(scheduler, rng=random.Random(1)).next_due)
        assert after is not None
        assert (after["failures"], after["recent"], after["feed"]["etag"]) == (
            number,
            ["youtube:a", "youtube:b"],
            '"1"',
        )
        wait = (after["due_at"] - await catalog.now()).total_seconds()
        assert 0.8 * 3600 * 2**number < wait < 1.2 * 3600 * 2**number


async def test_a_look_that_is_not_answered_is_waited_for_longer(catalog: Catalog, follow: Follow) -> None:
    await follow("slow", "PLslowanswers01")
    waits = []
    for _ in range(6):
        [claimed] = await claim_due(catalog, 10, 60)
        waits.append(round((claimed["lease_until"] - claimed["asked_at"]).total_seconds()))
        past = await catalog.now() - timedelta(seconds=1)
        await catalog.sources.update_one({"_id": "slow"}, {"$set": {"lease_until": past}})
    assert waits == [60, 120, 240, 480, 480, 480]
