"""The conditions of the whole site, until the control port changes them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dev.site.trouble import Trouble


@dataclass
class Conditions:
    """The conditions of one site. Tests and the demo change them through the control port."""

    #: Seconds by which every answer is delayed, to simulate a network.
    latency: float = 0
    #: Seconds by which the site's clock is ahead of the machine's.
    clock_ahead: float = 0
    #: The trouble of every video; None: each has its own.
    trouble: Trouble | None = None
    #: Pages and calls that are still answered, before each gets a 429; None: no limit.
    requests_left: int | None = None
    #: Seconds in the Retry-After header of such a 429; 0: no header.
    retry_after: int = 0

    #: Bytes a second of each connection for media; 0: no limit.
    bytes_per_second: int = 0

    def now(self) -> float:
        """Return the time of the site's clock, in seconds since the epoch."""
        return time.time() + self.clock_ahead

    def speed(self, own: int) -> int:
        """Return the bytes a second for media with its `own` limit: the lower of both; 0: no limit."""
        return min((limit for limit in (own, self.bytes_per_second) if limit), default=0)

    def spend(self) -> bool:
        """Take one request from the budget. Returns False if it is spent."""
        if self.requests_left is None:
            return True
        had = self.requests_left
        self.requests_left = max(0, had - 1)
        return had > 0
