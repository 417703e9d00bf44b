"""What follows a failure. Pure: a failure, its history, the time and a die are passed in; a decision comes out.

transient        full jitter in the upper half of backoff × 2^(n-1), up to backoff_max; given up after max_attempts
damaged media    the same, given up after media_attempts in a row
wait-until T     at T + margin, or growing waits if T is unknown; never charged
egress           at Retry-After, else after egress_seconds; never charged
tool, identity   growing waits; never charged; given up after tool_attempts in a row
storage          after backoff_seconds; never charged
permanent        given up at once
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.retry.settings import RetrySettings
from shared.contracts import Failure
from shared.errors import FailureClass

#: Transient reasons that lie in the media itself.
MEDIA_REASONS = {"cut-short", "too-long", "damaged-media", "empty-media"}


@dataclass(frozen=True)
class History:
    """What the catalog knows of earlier failures of the same thing; this failure is not counted in `charged`."""

    charged: int
    #: Failures of this same reason in a row, this one included.
    in_a_row: int
    first_failed_at: datetime


@dataclass(frozen=True)
class Again:
    """Try again after `delay_seconds`."""

    delay_seconds: float
    #: Attempts charged so far, this one included if it was charged.
    charged: int
    #: "retry" or "wait": whether an attempt was charged.
    kind: str = "retry"


@dataclass(frozen=True)
class GiveUp:
    """Abandon it."""

    charged: int


Decision = Again | GiveUp


def decide(failure: Failure, history: History, settings: RetrySettings, now: datetime, die: random.Random) -> Decision:
    """The decision for one failure."""
    match failure.failure_class:
        case FailureClass.PERMANENT:
            return GiveUp(history.charged)
        case FailureClass.TRANSIENT:
            return _transient(failure, history, settings, now, die)
        case FailureClass.WAIT_UNTIL:
            if now - history.first_failed_at > timedelta(days=settings.wait_max_days):
                return GiveUp(history.charged)
            return _wait(failure, history, settings, now, settings.wait_seconds, die)
        case FailureClass.EGRESS:
            return _wait(failure, history, settings, now, settings.egress_seconds, die, growing=False)
        case FailureClass.TOOL | FailureClass.IDENTITY:
            if history.in_a_row >= settings.tool_attempts:
                return GiveUp(history.charged)
            return _wait(failure, history, settings, now, settings.tool_seconds, die)
        case FailureClass.STORAGE:
            return _wait(failure, history, settings, now, settings.backoff_seconds, die, growing=False)


def _transient(
    failure: Failure, history: History, settings: RetrySettings, now: datetime, die: random.Random
) -> Decision:
    charged = history.charged + 1
    hopeless = failure.reason in MEDIA_REASONS and history.in_a_row >= settings.media_attempts
    if hopeless or charged >= settings.max_attempts:
        return GiveUp(charged)
    if failure.retry_at is not None:
        return Again(_until(failure.retry_at, now, settings), charged)
    return Again(_jittered(_doubled(settings.backoff_seconds, charged, settings), die), charged)


def _wait(
    failure: Failure,
    history: History,
    settings: RetrySettings,
    now: datetime,
    seconds: float,
    die: random.Random,
    *,
    growing: bool = True,
) -> Again:
    """An uncharged wait: until the time the source named, else `seconds`, doubling if `growing`."""
    if failure.retry_at is not None:
        return Again(_until(failure.retry_at, now, settings), history.charged, "wait")
    base = _doubled(seconds, history.in_a_row, settings) if growing else seconds
    # Never earlier than asked: jitter is added on top.
    return Again(base * die.uniform(1, 1.1), history.charged, "wait")


def _until(moment: datetime, now: datetime, settings: RetrySettings) -> float:
    return max(1.0, (moment - now).total_seconds() + settings.wait_margin_seconds)


def _doubled(seconds: float, nth: int, settings: RetrySettings) -> float:
    """`seconds` × 2^(nth-1), at most backoff_max_seconds (or `seconds`, if that is more)."""
    longest = max(seconds, settings.backoff_max_seconds)
    return float(min(longest, seconds * 2 ** min(nth - 1, 40)))


def _jittered(seconds: float, die: random.Random) -> float:
    """Somewhere in the upper half: spread out, yet never at once."""
    return max(1.0, seconds * die.uniform(0.5, 1))
