"""An expensive query runs once for all who ask at the same time, and again when its result is no longer fresh."""

from __future__ import annotations

import asyncio

import pytest

from services.api import cached_query
from services.api.cached_query import CachedQuery


class Numbers:
    """A query whose results are 1, 2, 3 …"""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        # Lets the others ask meanwhile.
        await asyncio.sleep(0)
        return number


async def test_concurrent_callers_share_one_result() -> None:
    numbers = Numbers()
    cached = CachedQuery(numbers)
    assert await asyncio.gather(*(cached.get() for _ in range(5))) == [1] * 5
    assert (await cached.get(), numbers.asked) == (1, 1)


async def test_a_result_that_is_no_longer_fresh_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_query, "MAX_FRESH_SECONDS", 0)
    cached = CachedQuery(Numbers())
    assert [await cached.get() for _ in range(3)] == [1, 2, 3]


async def test_a_failure_is_raised_and_not_kept() -> None:
    numbers = Numbers()

    async def fails_once() -> int:
        number = await numbers()
        if number == 1:
            raise ConnectionError("away")
        return number

    cached = CachedQuery(fails_once)
    with pytest.raises(ConnectionError):
        await cached.get()
    assert await cached.get() == 2
