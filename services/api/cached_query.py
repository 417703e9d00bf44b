"""A look at the catalog that is dear: taken once for all who ask within a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: Seconds that a look is good for; and as a multiple of what it took, so that the catalog is not kept busy by looks.
GOOD_SECONDS = 2
SHARE_OF_TIME = 10
#: However long it took.
GOOD_AT_MOST_SECONDS = 30


class CachedQuery(Generic[T]):
    """The last look, as long as it is good."""

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._lock = asyncio.Lock()
        self._seen: T | None = None
        self._good_until = 0.0

    async def get(self) -> T:
        """What there is to see. Raises what the look raises."""
        async with self._lock:
            began = time.monotonic()
            if self._seen is None or began >= self._good_until:
                self._seen = await self._look()
                now = time.monotonic()
                self._good_until = now + min(GOOD_AT_MOST_SECONDS, max(GOOD_SECONDS, SHARE_OF_TIME * (now - began)))
            return self._seen
