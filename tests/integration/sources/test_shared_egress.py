"""Scrapers behind one egress rest together: the source counts the address, not the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import CircuitBreaker, State
from services.scraper.sources.governor import Governor
from services.scraper.sources.shared_breakers import SharedBreakers
from services.scraper.sources.source_breaker import SourceBreaker
from shared.catalog.connection import Catalog
from shared.catalog.operations import breakers as stored_breakers
from shared.contracts import VideoRequested
from shared.messaging.connection import Broker
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.publisher import Publisher
from shared.topology import URGENT_QUEUE, VIDEOS_QUEUE


async def nothing_wrong() -> None:
    return None


class One:
    """The breakers of one scraper, and what looks after them."""

    def __init__(self, catalog: Catalog, egress: str, scraper: str, rest: float = 600) -> None:
        self.admission = Admission(
            lambda source: SourceBreaker("egress", (rest, rest), 3600, source=source),
            CircuitBreaker("storage", (1, 1), 60),
        )
        self.governor = Governor(self.admission, SharedBreakers(catalog, egress, scraper), nothing_wrong)

    def of(self, source: str = "youtube") -> SourceBreaker:
        return self.admission.sources.of(source)

    def refused(self, source: str = "youtube", seconds: float | None = None) -> None:
        self.admission.refused(source, "bot-check", "Sign in to confirm", seconds=seconds)

    def worked(self, source: str = "youtube") -> None:
        self.admission.worked(source, self.admission.trips_of(source))


@asynccontextmanager
async def governed(*scrapers: One) -> AsyncIterator[None]:
    tasks = {asyncio.create_task(each.governor.govern([])) for each in scrapers}
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


async def shown(catalog: Catalog, state: State | None, source: str = "youtube") -> None:
    """Wait until everybody can see a source in a state; None: until nobody sees it any more."""
    async with asyncio.timeout(60):
        while True:
            found = await stored_breakers.load(catalog, f"office/egress/{source}")
            if (found["state"] if found is not None else None) == state:
                return
            await asyncio.sleep(0.05)


async def test_what_one_is_refused_the_others_behind_its_egress_do_not_ask(catalog: Catalog) -> None:
    one, other = One(catalog, "office", "one"), One(catalog, "office", "other")
    elsewhere = One(catalog, "partner", "elsewhere")
    async with governed(one, other, elsewhere):
        one.refused()
        await until(lambda: other.of().state is State.OPEN)
        assert other.of().reason == "bot-check"
        # The database keeps milliseconds.
        assert other.of().until == pytest.approx(one.of().until, abs=0.001)
        assert elsewhere.of().state is State.CLOSED

        assert await stored_breakers.request_resume(catalog, "office", "egress")
        await until(lambda: one.of().state is State.HALF_OPEN and other.of().state is State.HALF_OPEN)
        one.worked()
        await shown(catalog, State.CLOSED)
        other.refused()
        await until(lambda: one.of().state is State.OPEN)


async def test_a_strangers_host_rests_alone_and_is_forgotten_when_it_is_well(catalog: Catalog) -> None:
    one, other = One(catalog, "office", "one"), One(catalog, "office", "other")
    async with governed(one, other):
        one.refused("sounds.example", seconds=600)
        one.refused("music.example:8080", seconds=600)
        await until(lambda: other.admission.state_of("sounds.example") is State.OPEN)
        await until(lambda: other.admission.state_of("music.example:8080") is State.OPEN)
        assert one.of().state is other.of().state is State.CLOSED

        assert await stored_breakers.request_resume(catalog, "office", "egress", "sounds.example")
        await until(lambda: one.admission.state_of("sounds.example") is State.HALF_OPEN)
        await until(lambda: other.admission.state_of("sounds.example") is State.HALF_OPEN)
        for each in (one, other):
            each.worked("sounds.example")
        await shown(catalog, None, "sounds.example")
        await until(lambda: one.admission.sources.known("sounds.example") is None)
        assert one.admission.state_of("music.example:8080") is State.OPEN
        await shown(catalog, State.OPEN, "music.example:8080")
        assert not await stored_breakers.request_resume(catalog, "office", "egress", "sounds.example")


async def test_a_restart_forgets_no_rest(catalog: Catalog) -> None:
    before = One(catalog, "office", "before")
    async with governed(before):
        before.refused()
        before.refused("sounds.example", seconds=600)
        await shown(catalog, State.OPEN)
        await shown(catalog, State.OPEN, "sounds.example")
    after = One(catalog, "office", "after")
    await after.governor.restore()
    for source in ("youtube", "sounds.example"):
        assert after.of(source).state is State.OPEN
        assert after.of(source).until == pytest.approx(before.of(source).until, abs=0.001)


async def test_the_breaker_that_was_one_for_all_sources_is_youtubes(catalog: Catalog) -> None:
    now = await catalog.now()
    await catalog.breakers.insert_one(
        {
            "_id": "office/egress",
            "egress": "office",
            "kind": "egress",
            "state": State.OPEN,
            "reason": "bot-check",
            "detail": "Sign in",
            "since": now,
            "until": now + timedelta(hours=1),
            "rest_seconds": 3600.0,
            "scraper": "before",
            "culprits": ["youtube:x"],
            "resume_at": None,
        }
    )
    after = One(catalog, "office", "after")
    await after.governor.restore()
    assert (after.of().state, after.of().culprits) == (State.OPEN, {"youtube:x"})
    async with governed(after):
        await shown(catalog, State.OPEN)
        async with asyncio.timeout(60):
            while await stored_breakers.load(catalog, "office/egress") is not None:
                await asyncio.sleep(0.05)


async def test_a_rest_that_is_over_is_not_followed_again(catalog: Catalog) -> None:
    one, other = One(catalog, "office", "one", rest=8), One(catalog, "office", "other", rest=8)
    async with governed(one, other):
        one.refused()
        await until(lambda: other.of().trips == 1)
        await until(lambda: one.of().state is State.HALF_OPEN and other.of().state is State.HALF_OPEN)
        for each in (one, other):
            each.worked()
        await until(lambda: one.of().state is State.CLOSED and other.of().state is State.CLOSED)
    assert (one.of().trips, other.of().trips) == (1, 1)


async def test_half_open_means_one_video_of_whatever_queue(
    catalog: Catalog, broker: Broker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scraper.sources.governor.POLL_SECONDS", 0.05)
    one = One(catalog, "alone", "one")
    taken: list[str] = []
    go_on = asyncio.Event()
    looks = 0

    async def take(message: VideoRequested) -> None:
        taken.append(message.video_id)
        await go_on.wait()

    def count_looks(_: object) -> None:
        nonlocal looks
        looks += 1

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
    monkeypatch.setattr(one.governor, "_follow", count_looks)
    one.of().state = State.HALF_OPEN
    task = asyncio.create_task(one.governor.govern(consumers))
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
