"""When a failed delivery is attempted again. Pure functions."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Seconds before the second attempt, the third, and so on: about two days together. A receiver may be down for a
#: weekend's maintenance window without losing an event of its last day.
DELAYS: tuple[float, ...] = (5, 30, 120, 600, 3600, 6 * 3600, 12 * 3600, 24 * 3600)
#: Share of a delay that is random, so that the deliveries of one outage do not all come back at once.
JITTER = 0.2
#: Seconds that a receiver can ask for at most.
MAX_RETRY_AFTER = 24 * 3600


@dataclass(frozen=True)
class Policy:
    """The delays between attempts."""

    rng: random.Random
    delays: tuple[float, ...] = DELAYS

    def next_delay(self, attempt: int, retry_after: float | None) -> float | None:
        """Seconds until the attempt after `attempt`; None if there is none. `retry_after`: what the receiver asked."""
        if attempt > len(self.delays):
            return None
        delay = self.delays[attempt - 1] * self.rng.uniform(1 - JITTER / 2, 1 + JITTER / 2)
        return max(delay, min(retry_after or 0, MAX_RETRY_AFTER))


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header: seconds or a date (RFC 9110, 10.2.3). Returns None if there is none, or nonsense."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
