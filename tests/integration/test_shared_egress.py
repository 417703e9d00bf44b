"""Scrapers behind one egress rest together: the source counts the address, not the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from services.scraper.breaker import Breaker, State
from services.scraper.intake import Intake
from shared.catalog import breakers as stored_breakers
from shared.catalog.connection import Catalog
from shared.contracts import VideoRequested
from shared.messaging.connection import Broker
from shared.messaging.consumer import Consumer
from shared.messaging.publisher import Publisher
from shared.topology import URGENT_QUEUE, VIDEOS_QUEUE


async def nothing_wrong() -> None:
    return None


def intake(catalog: Catalog, egress: str, scraper: str, rest: float = 600) -> Intake:
    breakers = {"egress": Breaker("egress", (rest, rest), 3600), "storage": Breaker("storage", (1, 1), 60)}
    return Intake(catalog, egress, scraper, **breakers, storage_probe=nothing_wrong)


@asynccontextmanager
async def governed(*intakes: Intake) -> AsyncIterator[None]:
    tasks = {asyncio.create_task(each.govern([])) for each in intakes}
    try:
        yield
    finally:
        while tasks:
            for task in tasks:
                task.cancel()
            # A cancellation in the middle of a question to the database may come out as the database's error.
            _, tasks = await asyncio.wait(tasks, timeout=1)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)


async def shown(catalog: Catalog, state: State) -> None:
    """Wait until everybody can see the egress in a state."""
    async with asyncio.timeout(60):
        while (found := await stored_breakers.load(catalog, "office/egress")) is None or found["state"] != state:
            await asyncio.sleep(0.05)


async def test_what_one_is_refused_the_others_behind_its_egress_do_not_ask(catalog: Catalog) -> None:
    one, other = intake(catalog, "office", "one"), intake(catalog, "office", "other")
    elsewhere = intake(catalog, "partner", "elsewhere")
    async with governed(one, other, elsewhere):
        one.trip(one.egress, "bot-check", "Sign in to confirm")
        await until(lambda: other.egress.state is State.OPEN)
        assert other.egress.reason == "bot-check"
        # The database keeps milliseconds.
        assert other.egress.until == pytest.approx(one.egress.until, abs=0.001)
        assert elsewhere.egress.state is State.CLOSED

        assert await stored_breakers.wish_to_resume(catalog, "office/egress")
        await until(lambda: one.egress.state is State.HALF_OPEN and other.egress.state is State.HALF_OPEN)
        one.worked(one.egress.trips)
        await shown(catalog, State.CLOSED)
        other.trip(other.egress, "bot-check", "Sign in to confirm")
        await until(lambda: one.egress.state is State.OPEN)


async def test_a_rest_that_is_over_is_not_followed_again(catalog: Catalog) -> None:
    one, other = intake(catalog, "office", "one", rest=8), intake(catalog, "office", "other", rest=8)
    async with governed(one, other):
        one.trip(one.egress, "bot-check", "Sign in to confirm")
        await until(lambda: other.egress.trips == 1)
        await until(lambda: one.egress.state is State.HALF_OPEN and other.egress.state is State.HALF_OPEN)
        for each in (one, other):
            each.worked(each.egress.trips)
        await until(lambda: one.egress.state is State.CLOSED and other.egress.state is State.CLOSED)
    assert (one.egress.trips, other.egress.trips) == (1, 1)


async def test_half_open_means_one_video_of_whatever_queue(
    catalog: Catalog, broker: Broker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scraper.intake.LOOK_EVERY_SECONDS", 0.05)
    one = intake(catalog, "alone", "one")
    taken: list[str] = []
    go_on = asyncio.Event()
    looks = 0

    async def take(message: VideoRequested) -> None:
        taken.append(message.video_id)
        await go_on.wait()

    async def count_looks() -> list[None]:
        nonlocal looks
        looks += 1
        return []

    consumers = [
        Consumer(broker, publisher, queue, {VideoRequested: take}, prefetch=4) for queue in (VIDEOS_QUEUE, URGENT_QUEUE)
    ]
    for consumer in consumers:
        await consumer.start()
        await consumer.pause()
    for urgent in (True, False):
        for number in range(2):
            id_ = f"youtube:half{number}{'u' if urgent else 'n'}"
            await publisher.publish(VideoRequested(video_id=id_, url="https://youtu.be/x", urgent=urgent))
    monkeypatch.setattr(one, "_follow", count_looks)
    one.egress.state = State.HALF_OPEN
    task = asyncio.create_task(one.govern(consumers))
    await until(lambda: bool(taken))
    seen = looks
    # It looks again and again, and lets no second one through while the first is in work.
    await until(lambda: looks > seen + 10)
    assert len(taken) == 1
    go_on.set()
    await until(lambda: len(taken) == 4)
    task.cancel()
    await asyncio.wait({task})
    for consumer in consumers:
        await consumer.stop(1)
