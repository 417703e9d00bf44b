"""The bytes that copies hold at once."""

from __future__ import annotations

import asyncio

import pytest

from shared.storage.in_flight import BytesInFlight


async def settled() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_what_does_not_fit_waits_until_there_is_room() -> None:
    in_flight = BytesInFlight(10)
    await in_flight.take(6)
    second = asyncio.create_task(in_flight.take(6))
    await settled()
    assert not second.done()
    in_flight.give(6)
    await second


async def test_what_is_larger_than_the_limit_is_held_alone() -> None:
    in_flight = BytesInFlight(10)
    await in_flight.take(1)
    large = asyncio.create_task(in_flight.take(50))
    await settled()
    assert not large.done()
    in_flight.give(1)
    await large
    small = asyncio.create_task(in_flight.take(1))
    await settled()
    assert not small.done()
    in_flight.give(50)
    await small


async def test_small_ones_do_not_pass_a_large_one_that_waits() -> None:
    in_flight = BytesInFlight(10)
    await in_flight.take(5)
    large, small = asyncio.create_task(in_flight.take(8)), asyncio.create_task(in_flight.take(1))
    await settled()
    assert (large.done(), small.done()) == (False, False)
    in_flight.give(5)
    await asyncio.gather(large, small)


async def test_who_gives_up_waiting_holds_nothing() -> None:
    in_flight = BytesInFlight(10)
    await in_flight.take(10)
    waiting = asyncio.create_task(in_flight.take(10))
    await settled()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    in_flight.give(10)
    async with in_flight.hold(10):
        pass
    async with in_flight.hold(10):
        pass
