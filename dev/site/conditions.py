"""What holds for the whole site until the control port says otherwise."""

from __future__ import annotations

import time
from dataclasses import dataclass

from dev.site.trouble import Trouble


@dataclass
class Conditions:
    """The conditions of one site. Tests and the demo change them by the control port."""

    #: Seconds every answer takes longer, to stand for a network.
    latency: float = 0
    #: Seconds by which the site's clock is ahead of the machine's.
    clock_ahead: float = 0
    #: The trouble that every video is in, whatever its own is; None: each is in its own.
    trouble: Trouble | None = None
    #: Pages and calls that are answered yet, before each gets a 429; None: all are.
    requests_left: int | None = None
    #: Seconds that such a 429 names in its Retry-After header; 0: it has none.
    retry_after: int = 0

    #: Bytes a second that each connection for media gets; 0: as many as it takes.
    bytes_per_second: int = 0

    def now(self) -> float:
        """Seconds since the epoch, as the site's clock has it."""
        return time.time() + self.clock_ahead

    def speed(self, own: int) -> int:
        """Bytes a second for media that has a limit of its `own`: the lower of both; 0: no limit."""
        return min((limit for limit in (own, self.bytes_per_second) if limit), default=0)

    def spend(self) -> bool:
        """Take one request from the budget. False if nothing is left of it."""
        if self.requests_left is None:
            return True
        had = self.requests_left
        self.requests_left = max(0, had - 1)
        return had > 0
