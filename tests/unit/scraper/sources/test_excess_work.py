"""Excess work of a limited submitter: where it waits, and that no place stays empty meanwhile."""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from services.scraper.sources.shares import shares as module
from services.scraper.sources.shares.queue_behind import LONG_SECONDS, SHORT_SECONDS, QueueBehind
from services.scraper.sources.shares.request_shares import ShareExceeded
from services.scraper.sources.shares.share_rules import ShareRules
from services.scraper.sources.shares.shares import Shares
from services.scraper.sources.shares.standing import MAX_DELAY_SECONDS, Standing
from shared.catalog.documents import Submitter
from shared.catalog.reports.progress import Others
from shared.errors import BrokerUnavailable

TEAM: Submitter = {"key": "team", "limited": True}
RADIO: Submitter = {"key": "radio", "limited": True}
#: Of four slots, three are a lone submitter's.
PLACES = 3


class Queue:
    """A queue whose length a test chooses, and the number of times somebody asked for it."""

    def __init__(self, length: int = 0) -> None:
        self.length = length
        self.asked = 0
        self.away = False

    async def depth(self) -> int:
        self.asked += 1
        if self.away:
            raise BrokerUnavailable("no connection")
        return self.length


class Rig:
    """A scraper's shares with three videos of the team in work, and others who may wait."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.queue, self.others, self.now = Queue(), Others.NONE, 1000.0
        self.shares = Shares(ShareRules(percent=20, slots=4), self._others_wait, clock=lambda: self.now)
        self.shares.queue_behind = QueueBehind(self.queue.depth, 10, clock=lambda: self.now)
        self._stack = stack
        self.begun: list[str] = []

    async def _others_wait(self, _: str) -> Others:
        return self.others

    async def fill(self) -> None:
        for number in range(PLACES):
            await self._stack.enter_async_context(self.shares.download(f"url:{number}", TEAM))

    async def one_more(self, id_: str = "url:excess", whose: Submitter = TEAM) -> None:
        async with self.shares.download(id_, whose):
            self.begun.append(id_)

    async def waits(self, *tasks: asyncio.Task[None]) -> bool:
        """Whether tasks still wait after everything that could go on did."""
        for _ in range(50):
            await asyncio.sleep(0)
        return not any(task.done() for task in tasks)


@pytest.fixture
async def rig(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Rig]:
    monkeypatch.setattr(module, "ANSWER_LASTS_SECONDS", 0.001)
    async with AsyncExitStack() as stack:
        yield Rig(stack)


async def test_alone_excess_waits_in_place_and_begins_when_a_place_is_free(rig: Rig) -> None:
    async with rig.shares.download("url:first", TEAM):
        async with AsyncExitStack() as stack:
            for number in range(PLACES - 1):
                await stack.enter_async_context(rig.shares.download(f"url:{number}", TEAM))
            excess = asyncio.create_task(rig.one_more())
            assert await rig.waits(excess)
            assert rig.begun == []
        await excess
    assert rig.begun == ["url:excess"]


async def test_several_that_wait_begin_one_after_another(rig: Rig) -> None:
    """As from the urgent queue beside the other one: no place is given twice."""
    async with AsyncExitStack() as rest:
        async with rig.shares.download("url:first", TEAM):
            for number in range(PLACES - 1):
                await rest.enter_async_context(rig.shares.download(f"url:{number}", TEAM))
            tasks = [asyncio.create_task(_hold(rig, f"url:excess{number}")) for number in range(2)]
            assert await rig.waits(*tasks)
        while not rig.begun:
            await asyncio.sleep(0)
        assert await rig.waits(*tasks)
        assert len(rig.begun) == 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _hold(rig: Rig, id_: str) -> None:
    async with rig.shares.download(id_, TEAM):
        rig.begun.append(id_)
        await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("others", [Others.LIMITED, Others.UNLIMITED])
async def test_when_others_come_what_waits_goes_back(rig: Rig, others: Others) -> None:
    await rig.fill()
    excess = asyncio.create_task(rig.one_more())
    assert await rig.waits(excess)
    rig.others = others
    rig.now += 1
    with pytest.raises(ShareExceeded):
        await excess


async def test_beside_another_key_nothing_waits_in_place(rig: Rig) -> None:
    await rig.one_more("url:theirs", RADIO)
    async with rig.shares.download("url:a", TEAM), rig.shares.download("url:b", TEAM):
        with pytest.raises(ShareExceeded):
            await rig.one_more()
    assert rig.queue.asked == 0


async def test_before_a_long_queue_excess_goes_back_until_the_queue_is_short(rig: Rig) -> None:
    await rig.fill()
    rig.queue.length = 110
    for _ in range(51):
        with pytest.raises(ShareExceeded):
            await rig.one_more()
    assert rig.queue.asked == 1, "half of what is too much, and the one that asked"
    rig.queue.length = 10
    excess = asyncio.create_task(rig.one_more())
    assert await rig.waits(excess)
    assert rig.queue.asked == 2
    # A queue that was short may be long now.
    rig.queue.length = 11
    rig.now += SHORT_SECONDS + 0.001
    with pytest.raises(ShareExceeded):
        await excess


async def test_a_queue_that_was_long_is_asked_for_again(rig: Rig) -> None:
    await rig.fill()
    rig.queue.length = 10_000
    with pytest.raises(ShareExceeded):
        await rig.one_more()
    rig.queue.length = 0
    rig.now += LONG_SECONDS
    excess = asyncio.create_task(rig.one_more())
    assert await rig.waits(excess)
    excess.cancel()
    await asyncio.gather(excess, return_exceptions=True)


async def test_nothing_waits_in_place_for_long(rig: Rig) -> None:
    """The broker would take the message back, with all others of its channel."""
    await rig.fill()
    excess = asyncio.create_task(rig.one_more())
    assert await rig.waits(excess)
    rig.now += module.IN_PLACE_SECONDS
    with pytest.raises(ShareExceeded):
        await excess


async def test_a_place_that_gets_free_while_the_queue_is_asked_for_is_used(rig: Rig) -> None:
    async with AsyncExitStack() as rest:
        first = await rest.enter_async_context(AsyncExitStack())
        await first.enter_async_context(rig.shares.download("url:first", TEAM))
        for number in range(PLACES - 1):
            await rest.enter_async_context(rig.shares.download(f"url:{number}", TEAM))

        async def ended_meanwhile() -> int:
            await first.aclose()
            return 10_000

        rig.shares.queue_behind = QueueBehind(ended_meanwhile, 10, clock=lambda: rig.now)
        await rig.one_more()
    assert rig.begun == ["url:excess"]


async def test_a_broker_that_is_away_holds_nothing_back(rig: Rig) -> None:
    await rig.fill()
    rig.queue.away = True
    with pytest.raises(ShareExceeded):
        await rig.one_more()


async def test_what_must_not_begin_yet_goes_back_also_alone(rig: Rig) -> None:
    """It would keep videos from other sources from passing."""
    rig.shares = Shares(ShareRules(slots=4, intervals=(("", 100.0),)), clock=lambda: rig.now)
    rig.shares.queue_behind = QueueBehind(rig.queue.depth, 10, clock=lambda: rig.now)
    await rig.one_more("url:first")
    with pytest.raises(ShareExceeded):
        await rig.one_more()


def _seconds_of(count: int, places: int, durations: tuple[float, ...], first_mean: float) -> tuple[float, float]:
    """Let `count` videos pass, all of which are delayed until there is a place; a delay ends on a whole second.

    Returns the seconds it takes, and the place-seconds in which a place was empty although a video was delayed.
    """
    standing, events, busy, now, empty = Standing(mean=first_mean), list[tuple[float, int, str]](), 0, 0.0, 0.0
    queue, delayed = list(range(count)), 0

    def take() -> Iterator[tuple[float, int, str]]:
        nonlocal busy, delayed
        while queue:
            video = queue.pop(0)
            if busy < places:
                busy += 1
                yield now + durations[video % len(durations)], video, "ends"
            else:
                delay = standing.delayed(now, standing.spacing(places), "all places are taken").seconds
                delayed += 1
                yield now + math.ceil(delay), video, "returns"

    for event in take():
        heapq.heappush(events, event)
    while events:
        at, video, what = heapq.heappop(events)
        empty += (at - now) * (places - busy) if delayed else 0
        now = at
        if what == "ends":
            busy -= 1
            standing.ended_after(durations[video % len(durations)])
        else:
            delayed -= 1
            queue.append(video)
        for event in take():
            heapq.heappush(events, event)
    return now, empty


@pytest.mark.parametrize(
    ("first_mean", "lost"),
    [(0.4, 10), (1.0, 10), (30.0, MAX_DELAY_SECONDS)],
    ids=["guessed short", "as at the start", "guessed long"],
)
@pytest.mark.parametrize("count", [120, 240, 2000])
def test_no_place_stays_empty_while_work_is_delayed(count: int, first_mean: float, lost: float) -> None:
    """What returned too early and is delayed again must not leave a time to come in which nothing returns.

    `lost`: seconds; what was delayed after a wrong guess comes back as late as was said.
    """
    places, durations = 7, (3.2, 6.4, 4.0, 5.6, 4.8)
    least = count * sum(durations) / len(durations) / places
    seconds, empty = _seconds_of(count, places, durations, first_mean)
    assert seconds < 1.1 * least + 2 * max(durations) + lost
    assert empty / places < 0.1 * least + lost
