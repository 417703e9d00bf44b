"""Wakes all who wait for something new."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Notifier:
    """Rung when there is something new. Whoever waits looks for itself what it is."""

    def __init__(self) -> None:
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    def ring(self) -> None:
        """Wake everybody."""
        rung, self._next = self._next, asyncio.get_running_loop().create_future()
        rung.set_result(None)

    def close(self) -> None:
        """Wake everybody for the last time."""
        self.closed = True
        self.ring()

    def next(self) -> asyncio.Future[None]:
        """The next ring. Taken before looking, so that what comes during the look is not slept through."""
        return self._next

    async def wait(self, next_ring: asyncio.Future[None], seconds: float | None = None) -> None:
        """Return at that ring, or after `seconds`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(next_ring), seconds)
