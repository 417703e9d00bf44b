"""Whether excess work may wait where it is: only while few messages wait behind it, which may be those of others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from shared.errors import BrokerUnavailable

#: Seconds for which a queue that was short counts as short, and one that was long as long.
SHORT_SECONDS, LONG_SECONDS = 1, 5


class QueueBehind:
    """The queue of videos, as seen by a message that was taken from it."""

    def __init__(
        self, depth: Callable[[], Awaitable[int]], most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`depth`: returns how many messages are ready in the queue. `most`: how many of them are few."""
        self._depth = depth
        self._most = most
        self._clock = clock
        self._lock = asyncio.Lock()
        self._short_until = 0.0
        self._surplus, self._long_until = 0, 0.0

    async def is_short(self) -> bool:
        """Whether a message may wait in its place. Whoever hears False sends it back, so the next one comes up."""
        async with self._lock:
            if self._surplus > 0 and self._clock() < self._long_until:
                self._surplus -= 1
                return False
            if self._clock() < self._short_until:
                return True
            try:
                number = await self._depth()
            except BrokerUnavailable:
                return False
            if number <= self._most:
                self._short_until = self._clock() + SHORT_SECONDS
                return True
            # Other scrapers send the same surplus back, so half of it is enough until the next question.
            self._surplus, self._long_until = (number - self._most) // 2, self._clock() + LONG_SECONDS
            return False
