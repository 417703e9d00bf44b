"""Reads the listings of two stores side by side, in the order of their names, with the memory of a few pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from services.sync.comparison import Pair
from shared.errors import Unavailable
from shared.storage.content import Content


async def paired(objects: AsyncIterator[str], blobs: AsyncIterator[tuple[str, Content]]) -> AsyncIterator[Pair]:
    """Yield every name of either listing once, in ascending order, with what each store has under it.

    Raises Unavailable if a listing is not in ascending order: then it cannot be compared side by side.
    """
    left_names, right_names = _Ordered(_without_content(objects)), _Ordered(blobs)
    left, right = await left_names.next(), await right_names.next()
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield Pair(left[0], in_bucket=True, blob=None)
            left = await left_names.next()
        elif left is None or right[0] < left[0]:
            yield Pair(right[0], in_bucket=False, blob=right[1])
            right = await right_names.next()
        else:
            yield Pair(left[0], in_bucket=True, blob=right[1])
            left, right = await left_names.next(), await right_names.next()


async def in_batches(pairs: AsyncIterator[Pair], number: int) -> AsyncIterator[list[Pair]]:
    """Yield `number` pairs at a time, and the rest at the end."""
    batch: list[Pair] = []
    async for pair in pairs:
        batch.append(pair)
        if len(batch) == number:
            yield batch
            batch = []
    if batch:
        yield batch


async def read_ahead(batches: AsyncIterator[list[Pair]]) -> AsyncGenerator[list[Pair], None]:
    """Yield the batches, and read the next one while the current one is in use."""
    upcoming = asyncio.ensure_future(anext(batches, None))
    try:
        while (batch := await upcoming) is not None:
            upcoming = asyncio.ensure_future(anext(batches, None))
            yield batch
    finally:
        upcoming.cancel()
        await asyncio.wait({upcoming})


async def _without_content(names: AsyncIterator[str]) -> AsyncIterator[tuple[str, Content | None]]:
    async for name in names:
        yield name, None


class _Ordered:
    """A listing that must come in ascending order."""

    def __init__(self, names: AsyncIterator[tuple[str, Content | None]]) -> None:
        self._names = names
        self._last = ""

    async def next(self) -> tuple[str, Content | None] | None:
        """Return the next name with its content; None at the end. Raises Unavailable if it is out of order."""
        found = await anext(self._names, None)
        if found is not None:
            if found[0] <= self._last:
                raise Unavailable(f"A store lists {found[0]} after {self._last}: its listing has no order, or changed.")
            self._last = found[0]
        return found
