"""What holds for the whole site until the control port says otherwise: its clock, its trouble, its slowness."""

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

    def now(self) -> float:
        """Seconds since the epoch, as the site's clock has it."""
        return time.time() + self.clock_ahead
