"""A crawl comes exactly to its limits, whatever is killed and however often a step is repeated."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from services.probe.crawls import MAX_ATTEMPTS, MAX_BEGUN, Crawls
from services.probe.handlers import Answers, Measurements
from shared.catalog.connection import Catalog
from shared.catalog.crawls.definitions import CrawlExists, add_crawl, get_crawl, stop_crawl
from shared.catalog.crawls.tasks import asked_task, begin_task, crawl_counts, put_off, tasks_page
from shared.catalog.documents import Crawl, CrawlTask
from shared.catalog.measurements.records import Selection, each_measurement
from shared.contracts import DownloadMeasured, Failure, Message, ProbeAnswered, ProbeRequested
from shared.contracts.crawl import FoundEntry, TaskKind
from shared.contracts.reasons import Reason
from shared.crawling.definition import CrawlDefinition


class Killed(Exception):
    """The process died here."""


@dataclass
class Sent:
    """In place of a publisher."""

    messages: list[ProbeRequested] = field(default_factory=list)

    async def publish(self, message: Message) -> None:
        self.messages.append(cast("ProbeRequested", message))


@dataclass
class World:
    """A planner, and scrapers that answer what it asks: each video leads to three further ones."""

    catalog: Catalog
    sent: Sent = field(default_factory=Sent)
    asked: list[str] = field(default_factory=list)

    def planner(self) -> Crawls:
        crawls = Crawls(self.catalog, cast("Any", self.sent), "me", answer_seconds=600, poll_seconds=5)
        crawls.wake()
        return crawls

    async def crawl(self, name: str = "one") -> Crawl:
        found = await get_crawl(self.catalog, name)
        assert found is not None
        return found

    async def tasks(self) -> list[CrawlTask]:
        return await tasks_page(self.catalog, await self.crawl(), 10_000, None)

    async def answer(self, request: ProbeRequested, failure: Failure | None = None) -> None:
        """Do what a scraper does, perhaps twice."""
        if await asked_task(self.catalog, request.task, request.attempt) is None:
            return
        self.asked.append(request.url)
        if request.kind is TaskKind.VIDEO:
            for resolver in request.resolvers:
                await delivered(Measurements(self.catalog).measured, measurement(request, resolver, failure))
        mix = request.url.partition("list=RD")[2]
        found = [f"listed{n:05}" for n in range(20)]
        if mix:
            # It begins with the video itself.
            found = [mix, *(hashlib.sha256(f"{mix} {n}".encode()).hexdigest()[:11] for n in range(3))]
        if failure is not None or request.kind is TaskKind.VIDEO:
            found = []
        answered = ProbeAnswered(
            crawl=request.crawl,
            task=request.task,
            attempt=request.attempt,
            failure=failure,
            found=tuple(entry(id_) for id_ in found[: request.entries]),
            requests=2,
        )
        await delivered(Answers(self.catalog, lambda: None).answered, answered)

    async def run(self, rounds: int = 10_000) -> None:
        """Plan and answer until the crawl ends."""
        planner = self.planner()
        for _ in range(rounds):
            if (await self.crawl())["state"] != "running":
                return
            planner.wake()
            await planner.round()
            while self.sent.messages:
                await self.answer(self.sent.messages.pop(0))
        pytest.fail("the crawl does not end")


async def delivered(handle: Callable[[Any], Awaitable[None]], message: Message) -> None:
    """Deliver a message, as the broker does: again and again until it is handled."""
    while True:
        try:
            return await handle(message)
        except Killed:
            continue


def entry(id_: str) -> FoundEntry:
    return FoundEntry(video_id=f"youtube:{id_}", url=f"https://www.youtube.com/watch?v={id_}")


def measurement(request: ProbeRequested, resolver: str, failure: Failure | None = None) -> DownloadMeasured:
    assert request.video_id is not None
    return DownloadMeasured(
        video_id=request.video_id,
        url=request.url,
        token=1,
        measured_at=datetime.now(UTC),
        purpose="probe",
        source="youtube",
        egress="cotonou",
        scraper="s",
        engine="yt-dlp",
        result="downloaded" if failure is None else "failed",
        reason=failure.reason if failure is not None else None,
        crawl=request.crawl,
        task=request.task,
        asked_resolver=resolver,
        wanted_seconds=request.seconds,
    )


@pytest.fixture
def world(catalog: Catalog) -> World:
    return World(catalog)


def definition(**fields: Any) -> CrawlDefinition:
    return CrawlDefinition(**{"name": "one", "addresses": ("PLabcdefghijkl",), "delay_seconds": 0, **fields})


async def recorded(catalog: Catalog) -> list[str]:
    return [found["video_id"] async for found in each_measurement(catalog, Selection(crawl="one"))]


async def test_rounds_and_limits(world: World) -> None:
    await add_crawl(world.catalog, definition(related=True, rounds=3, per_list=5, per_video=2, videos=18))
    await world.run()
    rounds = [task["round"] for task in await world.tasks() if task["kind"] == "video"]
    assert rounds == [1] * 5 + [2] * 10 + [3] * 3
    assert len(set(await recorded(world.catalog))) == len(await recorded(world.catalog)) == 18
    counts = await crawl_counts(world.catalog, await world.crawl())
    assert (counts.videos, counts.measured, counts.failed) == (18, 18, 0)
    # The list, and the mixes of the first two rounds until there was enough.
    assert (counts.lists, counts.requests) == (8, 52)


async def test_a_crawl_that_is_killed_everywhere_is_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dies at random before or after one of its writes, in the planner and in what keeps answers."""
    die = random.Random(7)
    deaths = 0

    def deadly(collection: Any, name: str) -> None:
        do = getattr(collection, name)

        async def or_die(*arguments: Any, **more: Any) -> Any:
            nonlocal deaths
            if die.random() < 0.1:
                deaths += 1
                raise Killed
            done = await do(*arguments, **more)
            if die.random() < 0.1:
                deaths += 1
                raise Killed
            return done

        monkeypatch.setattr(collection, name, or_die)

    await add_crawl(world.catalog, definition(related=True, rounds=3, per_list=5, per_video=2, videos=18))
    for collection in (world.catalog.crawls, world.catalog.crawl_tasks, world.catalog.measurements):
        deadly(collection, "update_one")
        deadly(collection, "insert_one")
    for _ in range(2000):
        try:
            await world.run(5)
        except (Killed, pytest.fail.Exception):
            # What was asked for and not answered comes again, as the broker and the lease let it.
            await expire(world.catalog)
        if (await world.crawl())["state"] == "done":
            break
    monkeypatch.undo()
    assert deaths > 20
    found = await recorded(world.catalog)
    assert len(found) == len(set(found)) == 18
    assert [task["round"] for task in await world.tasks() if task["kind"] == "video"] == [1] * 5 + [2] * 10 + [3] * 3


async def expire(catalog: Catalog) -> None:
    past = await catalog.now() - timedelta(seconds=1)
    over = {"lease_until": past, "attempt": 1, "begun": 0}
    await catalog.collection("crawl_tasks").update_many({"state": "asked"}, {"$set": over})
    await catalog.collection("turns").delete_many({})


async def test_videos_are_asked_one_after_the_other_and_round_by_round(world: World) -> None:
    await add_crawl(world.catalog, definition(addresses=("dQw4w9WgXcQ", "dQw4w9WgXcR"), related=True, rounds=2))
    planner = world.planner()
    for _ in range(5):
        planner.wake()
        await planner.round()
    assert len(world.sent.messages) == 1, "one at a time"
    first = world.sent.messages.pop()
    await world.answer(first)
    planner.wake()
    await planner.round()
    [second] = world.sent.messages
    assert second.url.endswith("dQw4w9WgXcR"), "before what the first has found"
    assert [request.entries for request in (first, second)] == [0, 0]
    await world.answer(second)
    for _ in range(2):
        planner.wake()
        await planner.round()
    mixes = [task for task in await world.tasks() if task["kind"] == "list"]
    assert [mix["url"].rpartition("=")[2] for mix in mixes] == ["RDdQw4w9WgXcQ", "RDdQw4w9WgXcR"]
    assert world.sent.messages[-1].entries == 21, "with the video itself"


async def test_a_video_is_measured_again_only_in_another_loop(world: World) -> None:
    # A list, and a video that is also on it.
    addresses = ("PLabcdefghijkl", "https://youtu.be/listed00001")
    await add_crawl(world.catalog, definition(addresses=addresses, loops=2, per_list=3))
    await world.run()
    videos = [(task["loop"], task["video_id"]) for task in await world.tasks() if task["kind"] == "video"]
    ids = ["youtube:listed00001", "youtube:listed00000", "youtube:listed00002"]
    assert videos == [(1, id_) for id_ in ids] + [(2, id_) for id_ in ids]
    assert len(await recorded(world.catalog)) == 6


async def test_every_nth_video_is_downloaded_in_full_and_by_each_resolver(world: World) -> None:
    addresses = tuple(f"dQw4w9WgX{n:02}" for n in range(4))
    resolvers = ("system", "8.8.8.8")
    await add_crawl(world.catalog, definition(addresses=addresses, full_every=2, seconds=5, resolvers=resolvers))
    await world.run()
    found = [found async for found in each_measurement(world.catalog, Selection(crawl="one"))]
    wanted = [(each["video_id"][-2:], each["asked_resolver"], each.get("wanted_seconds")) for each in found]
    expected = [(f"{n:02}", resolver, None if n % 2 else 5) for n in range(4) for resolver in resolvers]
    assert sorted(wanted, key=str) == sorted(expected, key=str)


async def test_a_stopped_crawl_asks_nothing_more(world: World) -> None:
    await add_crawl(world.catalog, definition())
    planner = world.planner()
    for _ in range(3):
        planner.wake()
        await planner.round()
    [request] = world.sent.messages
    await stop_crawl(world.catalog, "one")
    assert await asked_task(world.catalog, request.task, request.attempt) is None
    planner.wake()
    await planner.round()
    assert len(world.sent.messages) == 1
    assert (await world.crawl())["state"] == "stopped"


async def test_a_pause_lies_between_two_videos(world: World) -> None:
    await add_crawl(world.catalog, definition(addresses=("dQw4w9WgX00", "dQw4w9WgX01"), delay_seconds=3600))
    planner = world.planner()
    for _ in range(6):
        planner.wake()
        await planner.round()
        while world.sent.messages:
            await world.answer(world.sent.messages.pop(0))
    assert len(world.asked) == 1
    assert (await world.crawl())["state"] == "running"


async def let_leases_end(catalog: Catalog) -> None:
    past = {"lease_until": await catalog.now() - timedelta(seconds=1)}
    await catalog.collection("crawl_tasks").update_many({"state": "asked"}, {"$set": past})


async def until_given_up(world: World, planner: Crawls) -> CrawlTask:
    """Let no lease last, until the crawl is done. Returns its only task."""
    for _ in range(3 * MAX_ATTEMPTS):
        planner.wake()
        await planner.round()
        await let_leases_end(world.catalog)
        if (await world.crawl())["state"] == "done":
            break
    [task] = await world.tasks()
    return task


async def test_what_no_scraper_takes_is_asked_for_later_and_later_and_given_up_in_the_end(world: World) -> None:
    await add_crawl(world.catalog, definition(addresses=("dQw4w9WgX00",)))
    task = await until_given_up(world, world.planner())
    assert [request.attempt for request in world.sent.messages] == list(range(1, MAX_ATTEMPTS + 1))
    assert "No scraper took it" in task["failure"]["detail"]
    # An answer that comes after all changes nothing.
    await world.answer(world.sent.messages[-1])
    assert await recorded(world.catalog) == []


async def test_what_ends_every_scraper_that_begins_it_is_given_up(world: World) -> None:
    await add_crawl(world.catalog, definition(addresses=("dQw4w9WgX00",)))
    planner = world.planner()
    for _ in range(MAX_BEGUN + 2):
        planner.wake()
        await planner.round()
        while world.sent.messages:
            request = world.sent.messages.pop(0)
            await begin_task(world.catalog, request.task, request.attempt, 60)
        await let_leases_end(world.catalog)
    task = await until_given_up(world, planner)
    assert task["begun"] == MAX_BEGUN
    assert "never answered" in task["failure"]["detail"]


async def test_what_is_put_off_does_not_count_as_begun(world: World) -> None:
    await add_crawl(world.catalog, definition(addresses=("dQw4w9WgX00",)))
    planner = world.planner()
    for _ in range(2):
        planner.wake()
        await planner.round()
    [request] = world.sent.messages
    for refused in (True, False, True):
        await begin_task(world.catalog, request.task, request.attempt, 60)
        await put_off(world.catalog, request.task, request.attempt, refused=refused)
    [task] = await world.tasks()
    assert (task["begun"], task["refusals"], task["state"]) == (0, 2, "asked")


async def test_a_crawl_that_cannot_be_read_does_not_keep_others_from_going_on(world: World) -> None:
    await add_crawl(world.catalog, definition(name="zero"))
    await world.catalog.crawls.update_one({"_id": "zero"}, {"$set": {"definition.videos": "many"}})
    await add_crawl(world.catalog, definition(addresses=("dQw4w9WgX00",)))
    await world.run()
    assert len(await recorded(world.catalog)) == 1


async def test_a_name_is_taken_once(world: World) -> None:
    await add_crawl(world.catalog, definition())
    with pytest.raises(CrawlExists):
        await add_crawl(world.catalog, definition(videos=3))


async def test_a_loop_that_finds_nothing_does_not_ask_again_at_once(world: World) -> None:
    await add_crawl(world.catalog, definition(loops=0))
    planner = world.planner()
    failure = Failure.of(Reason.NO_SUCH_PLAYLIST, "gone")
    for _ in range(12):
        planner.wake()
        await planner.round()
        while world.sent.messages:
            await world.answer(world.sent.messages.pop(0), failure)
    assert len(world.asked) == 1
    crawl = await world.crawl()
    assert (crawl["state"], crawl["loop"]) == ("running", 2)
    assert crawl["next_at"] > await world.catalog.now() + timedelta(seconds=100)
