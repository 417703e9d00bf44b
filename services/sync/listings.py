"""Reads the listings of two stores side by side, in the order of their names, with the memory of a few pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from services.sync.comparison import Pair
from shared.errors import Unavailable
from shared.storage.content import Listed


async def paired(objects: AsyncIterator[Listed], copies: AsyncIterator[Listed]) -> AsyncIterator[Pair]:
    """Yield every name of either listing once, in ascending order, with what each store has under it.

    Raises Unavailable if a listing is not in ascending order: then it cannot be compared side by side.
    """
    left_names, right_names = _Ordered(objects), _Ordered(copies)
    left, right = await left_names.next(), await right_names.next()
    while left is not None or right is not None:
        if right is None or (left is not None and left.name < right.name):
            assert left is not None
            yield Pair(left.name, in_bucket=True, blob=None, etag=left.etag)
            left = await left_names.next()
        elif left is None or right.name < left.name:
            yield Pair(right.name, in_bucket=False, blob=right.content, blob_etag=right.etag)
            right = await right_names.next()
        else:
            yield Pair(left.name, in_bucket=True, blob=right.content, etag=left.etag, blob_etag=right.etag)
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


class _Ordered:
    """A listing that must come in ascending order."""

    def __init__(self, names: AsyncIterator[Listed]) -> None:
        self._names = names
        self._last = ""

    async def next(self) -> Listed | None:
        """Return the next name; None at the end. Raises Unavailable if it is out of order."""
        found = await anext(self._names, None)
        if found is not None:
            if found.name <= self._last:
                raise Unavailable(
                    f"A store lists {found.name} after {self._last}: its listing has no order, or changed."
                )
            self._last = found.name
        return found
