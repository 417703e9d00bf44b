"""A lease is renewed while work goes on, and given back when the work does not come to its end."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from services.scraper.lease import LeaseLost, ReleasedOnError, kept_alive
from shared.errors import CatalogUnavailable, TryLater

#: Seconds; only what a renewal takes in real time.
SHORT = 0.03


class Held:
    """A lease, and the errors with which it was given back."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.given_back: list[BaseException] = []
        self._trouble = trouble

    async def release(self, error: BaseException) -> None:
        await asyncio.sleep(0)
        self.given_back.append(error)
        if self._trouble is not None:
            raise self._trouble


@pytest.mark.parametrize(
    "error", [ValueError("x"), TryLater(1, "rests"), CatalogUnavailable("away"), KeyboardInterrupt()]
)
async def test_an_error_gives_the_lease_back_and_passes(error: BaseException) -> None:
    held = Held()
    with pytest.raises(type(error)) as raised:
        async with ReleasedOnError(held.release):
            raise error
    assert raised.value is error
    assert held.given_back == [error]


async def test_a_lease_that_is_lost_is_not_given_back() -> None:
    held = Held()
    with pytest.raises(LeaseLost):
        async with ReleasedOnError(held.release):
            raise LeaseLost("x")
    assert held.given_back == []


async def test_work_that_ends_well_keeps_its_lease() -> None:
    held = Held()
    async with ReleasedOnError(held.release):
        pass
    assert held.given_back == []


async def test_a_lease_that_is_to_be_kept_is_kept() -> None:
    held = Held()

    async def work() -> None:
        async with ReleasedOnError(held.release) as lease:
            lease.keep()
            raise ValueError("later")

    with pytest.raises(ValueError, match="later"):
        await work()
    assert held.given_back == []


async def test_a_database_that_is_away_hides_no_error() -> None:
    held = Held(CatalogUnavailable("away"))
    with pytest.raises(ValueError, match="first"):
        async with ReleasedOnError(held.release):
            raise ValueError("first")
    assert len(held.given_back) == 1


async def test_work_that_is_cancelled_gives_its_lease_back() -> None:
    held, begun = Held(), asyncio.Event()

    async def work() -> None:
        async with ReleasedOnError(held.release):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [type(error) for error in held.given_back] == [asyncio.CancelledError]


async def renewed(answers: list[bool | Exception]) -> bool:
    """The next of the answers of a database; the last one for ever."""
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.parametrize("answers", [[False], [True, True, False], [CatalogUnavailable("away")]])
async def test_work_stops_when_its_lease_is_lost(answers: list[bool | Exception]) -> None:
    """Somebody else has it, or the database was away for so long that somebody may have it."""
    with pytest.raises(LeaseLost, match="a video"):
        async with kept_alive("a video", partial(renewed, answers), SHORT):
            await asyncio.Event().wait()


async def test_a_lease_outlasts_its_time_while_it_is_renewed() -> None:
    renewals = 0
    many = asyncio.Event()

    async def renew() -> bool:
        nonlocal renewals
        renewals += 1
        if renewals == 10:
            many.set()
        return True

    async with kept_alive("a video", renew, SHORT):
        await many.wait()


async def test_a_cancellation_from_elsewhere_is_no_lost_lease() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with kept_alive("a video", partial(renewed, [True]), 60):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
