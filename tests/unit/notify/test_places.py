"""A slow endpoint gets a share of the places; a fast one as many as it needs, and a slow one that recovers too."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack, suppress

import pytest

from services.notify.places import BUSY_SECONDS, SHARES, SLOW_SECONDS, Places
from shared.errors import TryLater

SLOTS = 20


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def places(clock: Clock) -> Places:
    return Places(SLOTS, random.Random(1), clock)


async def deliver(places: Places, clock: Clock, seconds: float, endpoint: str = "a") -> None:
    async with places.taken(endpoint, "one"):
        clock.now += seconds


async def test_a_fast_endpoint_takes_all_that_it_needs(places: Places, clock: Clock) -> None:
    await deliver(places, clock, SLOW_SECONDS / 2)
    async with AsyncExitStack() as stack:
        for number in range(2 * SLOTS):
            await stack.enter_async_context(places.taken("a", str(number)))


@pytest.mark.parametrize("slots", [1, 3, SLOTS])
async def test_a_slow_endpoint_takes_its_share_and_leaves_the_rest(clock: Clock, slots: int) -> None:
    places = Places(slots, random.Random(1), clock)
    await deliver(places, clock, SLOW_SECONDS * 2)
    async with AsyncExitStack() as stack:
        for number in range(max(1, slots // SHARES)):
            await stack.enter_async_context(places.taken("a", str(number)))
        with pytest.raises(TryLater, match="a is slow") as raised:
            await stack.enter_async_context(places.taken("a", "next"))
        assert BUSY_SECONDS[0] <= raised.value.seconds <= BUSY_SECONDS[1]
        for number in range(slots):
            await stack.enter_async_context(places.taken("b", f"b{number}"))
    async with places.taken("a", "again"):
        pass


async def test_an_endpoint_that_recovers_is_fast_again(places: Places, clock: Clock) -> None:
    await deliver(places, clock, SLOW_SECONDS * 2)
    await deliver(places, clock, 0)
    async with AsyncExitStack() as stack:
        for number in range(SLOTS):
            await stack.enter_async_context(places.taken("a", str(number)))


async def test_a_place_is_free_again_after_a_failure(places: Places, clock: Clock) -> None:
    await deliver(places, clock, SLOW_SECONDS * 2)
    for _ in range(SLOTS):
        with suppress(ValueError):
            async with places.taken("a", "one"):
                clock.now += SLOW_SECONDS * 2
                raise ValueError
