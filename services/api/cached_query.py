"""Caches an expensive query; concurrent callers share one result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")

#: Seconds that a result stays fresh, at least and at most.
MIN_FRESH_SECONDS, MAX_FRESH_SECONDS = 2, 30
#: In between: this multiple of the time that the query took, so that it never keeps the catalog busy.
FRESH_PER_QUERY = 10


class CachedQuery(Generic[T]):
    """A query and its last result."""

    def __init__(self, query: Callable[[], Awaitable[T]]) -> None:
        self._query = query
        self._lock = asyncio.Lock()
        self._result: T | None = None
        self._fresh_until = 0.0

    async def get(self) -> T:
        """The last result, or a new one if that is no longer fresh. Raises what the query raises."""
        async with self._lock:
            began = time.monotonic()
            if self._result is None or began >= self._fresh_until:
                self._result = await self._query()
                now = time.monotonic()
                fresh_seconds = min(MAX_FRESH_SECONDS, max(MIN_FRESH_SECONDS, FRESH_PER_QUERY * (now - began)))
                self._fresh_until = now + fresh_seconds
            return self._result
