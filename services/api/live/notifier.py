"""Wakes every task that waits for news."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Notifier:
    """Announces that there is news. Each task that wakes finds out for itself what is new."""

    def __init__(self) -> None:
        self._next: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    def notify(self) -> None:
        """Wake every waiting task."""
        current, self._next = self._next, asyncio.get_running_loop().create_future()
        current.set_result(None)

    def close(self) -> None:
        """Wake every waiting task for the last time."""
        self.closed = True
        self.notify()

    def next(self) -> asyncio.Future[None]:
        """The next notification. Take it before checking for news, so that none is missed in between."""
        return self._next

    async def wait(self, notification: asyncio.Future[None], seconds: float | None = None) -> None:
        """Return at `notification`, or after `seconds`; None: wait without a limit."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(notification), seconds)
