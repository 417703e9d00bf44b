"""How this scraper behaves towards sources: a pause between downloads, and a rest after a refusal.

An egress is the network identity of this process. A refusal is a request to rest: nothing here gets around it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from shared.logs import logger
from shared.messaging.consumer import BROKER_ERRORS, Consumer

log = logger(__name__)

#: Seconds between two tries to take messages again when the broker is away at the end of a rest.
RESUME_AGAIN_SECONDS = 5


class Egress:
    """The pace of one process. Times are monotonic seconds."""

    def __init__(self, interval_seconds: float, rest_seconds: float) -> None:
        self._interval = interval_seconds
        self._rest = rest_seconds
        self._next_start = 0.0
        self._resting_until = 0.0
        self._refused = asyncio.Event()

    async def pace(self) -> None:
        """Return when the next download may start: one by one, `interval` to twice that apart."""
        now = time.monotonic()
        start = max(now, self._next_start)
        self._next_start = start + self._interval * random.uniform(1, 2)
        await asyncio.sleep(max(0.0, start - now))

    def refused(self, reason: str, seconds: float | None = None) -> None:
        """The source refused this address: rest, for as long as it said or as the setting says."""
        rest = seconds if seconds is not None else self._rest
        self._resting_until = max(self._resting_until, time.monotonic() + rest)
        self._refused.set()
        log.warning("egress.resting", reason=reason, seconds=round(rest))

    def rest_left(self) -> float:
        """Seconds of rest that are left; 0 when working."""
        return max(0.0, self._resting_until - time.monotonic())

    async def pause_while_resting(self, consumers: Sequence[Consumer]) -> None:
        """For ever: whenever the source refuses us, let no message come until the rest is over."""
        while True:
            await self._refused.wait()
            for consumer in consumers:
                await consumer.pause()
            while (left := self.rest_left()) > 0:
                await asyncio.sleep(left)
            self._refused.clear()
            log.info("egress.working_again")
            for consumer in consumers:
                await _resume(consumer)


class Trouble:
    """Remembers for a while that something went wrong, so that others need not find out at a price."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = 0.0

    def begin(self) -> None:
        """It went wrong just now."""
        self._until = time.monotonic() + self._seconds

    def left(self) -> float:
        """Seconds for which it is remembered yet."""
        return max(0.0, self._until - time.monotonic())


async def _resume(consumer: Consumer) -> None:
    """Resume, however long the broker is away."""
    while True:
        try:
            await consumer.resume()
        except BROKER_ERRORS as error:
            log.warning("egress.cannot_resume_yet", error=str(error))
            await asyncio.sleep(RESUME_AGAIN_SECONDS)
        else:
            return
