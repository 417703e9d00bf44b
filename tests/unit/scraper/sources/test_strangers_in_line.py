"""Hosts of strangers whose rests are over: their witnesses stand in a line, and hold up nobody while they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from services.scraper.builders import new_admission
from services.scraper.engines.values import Served, SourceRules
from services.scraper.engines.work import Work
from services.scraper.sources import witness as witness_module
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import State
from services.scraper.sources.governor import Governor
from services.scraper.sources.limits import Sources
from services.scraper.sources.witness import MAX_WITNESSES, STRANGERS_SECONDS, WITNESS_SECONDS, Witness
from services.scraper.workspace.work_folder import WorkFolder
from shared.errors import TryLater
from tests.scraper_parts import any_source

#: Of 30 domains, so that the bound of one is not reached.
STRANGERS = [f"h{n}.evil{n % 30}.example" for n in range(900)]
HONEST = Work("generic:a", "honest.example")


class Alone:
    """In the place of the documents that scrapers share: there is no other."""

    async def read(self) -> dict[str, Any]:
        return {}

    def opened_by_others(self, *_: Any) -> list[Any]:
        return []

    def resume_is_requested(self, *_: Any) -> bool:
        return False

    async def save(self, _: Any) -> None:
        return None

    async def drop_old(self) -> None:
        return None


class Probe:
    """Asks whose answer comes when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = asyncio.Event()

    async def __call__(self, source: str) -> bool | None:
        self.asked.append(source)
        await self.answer.wait()
        return True


@pytest.fixture
def admission() -> Admission:
    return new_admission(any_source())


@asynccontextmanager
async def governed(admission: Admission, probe: Probe) -> AsyncIterator[None]:
    async def nothing_wrong() -> None:
        return None

    governor = Governor(admission, cast("Any", Alone()), nothing_wrong, probe)
    task = asyncio.create_task(governor.govern([]))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(condition: Any) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


def rest(admission: Admission, *sources: str) -> None:
    """Each refused something, and its rest is over."""
    for source in sources:
        admission.refused(source, "too-many-requests", "", seconds=0)


async def test_work_of_a_host_whose_witness_waits_its_turn_is_tried(admission: Admission) -> None:
    rest(admission, *STRANGERS, HONEST.source)
    probe = Probe()
    async with governed(admission, probe):
        await until(lambda: admission.state_of(HONEST.source) is State.HALF_OPEN and probe.asked)
        assert probe.asked == STRANGERS[:1], "one at a time"
        assert [source for source, breaker in admission.sources if breaker.witness_asked] == probe.asked
        with admission.admitted(HONEST):
            admission.worked(HONEST.source, admission.trips_of(HONEST.source))
        assert admission.state_of(HONEST.source) is State.CLOSED
        with pytest.raises(TryLater), admission.admitted(Work("generic:b", STRANGERS[0])):
            pass
        probe.answer.set()
        await until(lambda: len(probe.asked) == len(STRANGERS))
    assert HONEST.source not in probe.asked, "its own work has shown as much"


async def test_youtubes_witness_stands_in_no_line(admission: Admission) -> None:
    rest(admission, *STRANGERS[:3], "youtube")
    probe = Probe()
    async with governed(admission, probe):
        await until(lambda: "youtube" in probe.asked and len(probe.asked) == 2)
        probe.answer.set()
        await until(lambda: len(probe.asked) == 4)


class Pool:
    """Workers whose answers wait; it notes what they were given."""

    def __init__(self) -> None:
        self.has_idle = True
        self.seconds: list[float] = []
        self.answer = asyncio.Event()

    async def try_out(self, url: str, folder: Path, rules: SourceRules, seconds: float) -> Served:
        self.seconds.append(seconds)
        await self.answer.wait()
        return Served(1)


@pytest.fixture
async def pool() -> Pool:
    return Pool()


@pytest.fixture
async def witness(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Witness]:
    async def known_good(_: Any, source: str, number: int) -> list[dict[str, str]]:
        return [{"_id": f"generic:{n}", "url": f"https://{source}/{n}"} for n in range(number)]

    monkeypatch.setattr(witness_module, "known_good", known_good)
    folder = WorkFolder(tmp_path, 0)
    nothing = cast("Any", None)
    yield Witness(nothing, cast("Any", pool), folder, Sources(0, 0), lambda _: SourceRules(0, ("default",)), 0)
    await folder.close()


async def test_a_strangers_witness_takes_only_a_worker_that_is_idle(witness: Witness, pool: Pool) -> None:
    pool.has_idle = False
    assert await witness.serves("evil.example", 0) is None
    assert not pool.seconds
    pool.answer.set()
    assert await witness.serves("youtube", 0) is True
    assert pool.seconds == [WITNESS_SECONDS]


async def test_one_stranger_is_asked_at_a_time_and_not_for_long(witness: Witness, pool: Pool) -> None:
    first = asyncio.create_task(witness.serves("evil.example", 0))
    await until(lambda: pool.seconds)
    assert await witness.serves("honest.example", 0) is None, "nobody can tell now"
    pool.answer.set()
    assert await first is True
    assert pool.seconds == [STRANGERS_SECONDS]
    assert MAX_WITNESSES * STRANGERS_SECONDS < WITNESS_SECONDS
