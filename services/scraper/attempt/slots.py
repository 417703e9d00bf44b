"""Slots for work of one kind, and the stopwatch of an attempt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.scraper.attempt.measuring import DownloadRun
from shared import metrics


@dataclass
class Stopwatch:
    """Seconds spent in each stage of one attempt."""

    began: float = field(default_factory=time.monotonic)
    #: Stage → seconds.
    stages: dict[str, float] = field(default_factory=dict)
    #: The download, once it has begun.
    download: DownloadRun | None = None

    @asynccontextmanager
    async def stage(self, name: str) -> AsyncIterator[None]:
        """Measure the block as the stage `name`."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.stages[name] = time.monotonic() - start
            metrics.STAGE_SECONDS.labels(name).observe(self.stages[name])

    def seconds(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self.began


class Slots:
    """A limited number of places for work of one kind; metrics show how many are taken."""

    def __init__(self, kind: str, number: int) -> None:
        self._number = number
        self._places = asyncio.Semaphore(number)
        self._busy = metrics.SLOTS_BUSY.labels(kind)
        self.in_use = 0
        metrics.SLOTS_TOTAL.labels(kind).set(number)

    @property
    def is_full(self) -> bool:
        """Whether every place is taken."""
        return self.in_use >= self._number

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a free place and hold it while the block runs."""
        async with self._places:
            self._busy.inc()
            self.in_use += 1
            try:
                yield
            finally:
                self.in_use -= 1
                self._busy.dec()
