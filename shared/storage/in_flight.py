"""Bounds the memory of copies by their bytes, not by their number: small objects overlap more than large ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class BytesInFlight:
    """A number of bytes that all copies of a process share. Who comes first is served first."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes held at once. A request for more waits until nothing else is held."""
        self.limit = limit
        self._held = 0
        #: Held by the first that waits, so that small requests do not pass a large one for ever.
        self._first = asyncio.Lock()
        self._released = asyncio.Event()

    async def take(self, number: int) -> None:
        """Wait until there is room for `number` bytes, and take it."""
        async with self._first:
            while self._held and self._held + number > self.limit:
                self._released.clear()
                await self._released.wait()
            self._held += number

    def give(self, number: int) -> None:
        """Return what was taken."""
        self._held -= number
        self._released.set()

    @asynccontextmanager
    async def hold(self, number: int) -> AsyncIterator[None]:
        """Hold `number` bytes inside the block."""
        await self.take(number)
        try:
            yield
        finally:
            self.give(number)
