"""The places for deliveries: an endpoint that is slow or dead gets a share of them, and not all."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from shared.errors import TryLater

#: Seconds of a delivery above which an endpoint counts as slow. It then gets one in so many of the places.
SLOW_SECONDS, SHARES = 1, 4
#: Bounds of the seconds after which a delivery to a slow endpoint that has its share is looked at again.
BUSY_SECONDS = (5, 30)


@dataclass(frozen=True)
class Places:
    """The deliveries that one process makes at once."""

    slots: int
    rng: random.Random
    #: Seconds on a clock that never goes back.
    clock: Callable[[], float] = time.monotonic
    #: Delivery → held during an attempt: a message that came twice is not handled at the same time.
    _under_way: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    #: Endpoint → deliveries to it that are under way.
    _busy: Counter[str] = field(default_factory=Counter)
    #: Endpoints whose last delivery took long, waiting for others to it included.
    _slow: set[str] = field(default_factory=set)

    @asynccontextmanager
    async def taken(self, endpoint: str, delivery: str) -> AsyncIterator[None]:
        """Take a place for a delivery. Raises TryLater if its endpoint is slow and has its share already."""
        if endpoint in self._slow and self._busy[endpoint] >= max(1, self.slots // SHARES):
            raise TryLater(self.rng.uniform(*BUSY_SECONDS), f"{endpoint} is slow")
        self._busy[endpoint] += 1
        began = self.clock()
        try:
            async with self._under_way.setdefault(delivery, asyncio.Lock()):
                yield
        finally:
            self._busy[endpoint] -= 1
            if self.clock() - began > SLOW_SECONDS:
                self._slow.add(endpoint)
            else:
                self._slow.discard(endpoint)
