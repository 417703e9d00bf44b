"""How this scraper stands with its sources: the pace of its downloads, and what lately worked.

An egress is the network identity of this process. A refusal is a request to rest (see `breaker`): nothing here gets
around it.
"""

from __future__ import annotations

import asyncio
import random
import time

#: Seconds for which a download that worked shows that the source serves this egress.
PROVEN_SECONDS = 600
#: Videos in a row whose media is refused with 403 before that is no longer taken for chance.
FORBIDDEN_IN_A_ROW = 3


class Egress:
    """The pace and standing of one process. Times are monotonic seconds."""

    def __init__(self, interval_seconds: float) -> None:
        self._interval = interval_seconds
        self._next_start = 0.0
        self._worked_at: float | None = None
        self._forbidden = 0

    async def pace(self) -> None:
        """Return when the next download may start: one by one, `interval` to twice that apart."""
        now = time.monotonic()
        start = max(now, self._next_start)
        self._next_start = start + self._interval * random.uniform(1, 2)
        await asyncio.sleep(max(0.0, start - now))

    def worked(self) -> None:
        """A download came through."""
        self._worked_at = time.monotonic()
        self._forbidden = 0

    def proven(self) -> bool:
        """Whether something was fetched just now: then "unavailable" is about the video, not about this egress."""
        return self._worked_at is not None and time.monotonic() - self._worked_at < PROVEN_SECONDS

    def forbidden_too_often(self) -> bool:
        """Count one 403 on media. True: so many in a row are about this egress."""
        self._forbidden += 1
        return self._forbidden >= FORBIDDEN_IN_A_ROW
