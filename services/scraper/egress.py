"""How this scraper stands with its sources: the pace of its downloads, and what lately worked.

An egress is the network identity of this process. A refusal is a request to rest (see `breaker`): nothing here gets
around it.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque

from shared import metrics
from shared.errors import TryLater

#: Seconds over which requests are counted.
HOUR = 3600
#: Seconds for which a download that worked shows that the source serves this egress.
PROVEN_SECONDS = 600
#: Videos in a row whose media is refused with 403 before that is no longer taken for chance.
FORBIDDEN_IN_A_ROW = 3


class Egress:
    """The pace and standing of one process with one source. Times are monotonic seconds."""

    def __init__(self, interval_seconds: float, requests_per_hour: int = 0) -> None:
        """`requests_per_hour`: the budget for pages and calls, media not counted; 0: none."""
        self._interval = interval_seconds
        self._budget = requests_per_hour
        #: (when, how many requests) of the last hour.
        self._asked: deque[tuple[float, int]] = deque()
        self._next_start = 0.0
        self._worked_at: float | None = None
        self._forbidden = 0

    def asked(self, requests: int) -> None:
        """So many pages and calls were asked of sources."""
        metrics.SOURCE_REQUESTS.inc(requests)
        if self._budget and requests:
            self._asked.append((time.monotonic(), requests))

    def check_budget(self) -> None:
        """Raise TryLater if this hour's requests are spent; what comes later is no worse for it."""
        if not self._budget:
            return
        if self.spent() >= self._budget:
            wait = self._asked[0][0] + HOUR - time.monotonic()
            raise TryLater(wait + random.uniform(1, 60), f"the {self._budget} requests of this hour are spent")

    def spent(self) -> int:
        """Requests of the last hour; 0 where there is no budget."""
        while self._asked and self._asked[0][0] <= time.monotonic() - HOUR:
            self._asked.popleft()
        return sum(requests for _, requests in self._asked)

    def told(self) -> str:
        """The budget, for people."""
        return f"{self.spent()} of {self._budget} requests of this hour spent" if self._budget else "no budget"

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


class Sources:
    """How this process stands with each source: what one of them refuses or limits is nothing to the others."""

    def __init__(self, youtube_seconds: float, other_seconds: float, requests_per_hour: int = 0) -> None:
        """Pauses between two downloads of YouTube and of any other source; the budget is for each source."""
        self._seconds = {"youtube": youtube_seconds}
        self._other_seconds = other_seconds
        self._budget = requests_per_hour
        self._egresses: dict[str, Egress] = {}

    async def note(self) -> str:
        """What is spent of each source's budget, for /readyz: a scraper that has spent it stands still."""
        return (
            ", ".join(f"{source}: {egress.told()}" for source, egress in self._egresses.items()) or "nothing asked yet"
        )

    def of(self, id_: str) -> Egress:
        """The standing with the source of a video or playlist, which its id begins with."""
        source = id_.partition(":")[0]
        if source not in self._egresses:
            self._egresses[source] = Egress(self._seconds.get(source, self._other_seconds), self._budget)
        return self._egresses[source]
