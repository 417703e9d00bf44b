"""Decides what follows a failure. Pure: failure, history, time and random generator go in; a decision comes out.

transient        full jitter: anywhere in 0 … backoff × 2^(n-1), up to backoff_max; given up after max_attempts or
                 max_age_days
wait-until T     at T + margin, or growing waits if T is unknown; never charged; given up after wait_max_days
egress           at Retry-After, else after egress_seconds; never charged, never given up
tool, identity   growing waits; never charged; given up after tool_attempts in a row or max_age_days
storage          after storage_seconds; never charged, never given up
refused          growing waits; given up after refused_attempts in a row: the source serves others meanwhile
permanent        private and members-only are looked at again rarely; all others are given up at once
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.retry.settings import MAX_DAYS, RetrySettings
from shared.contracts import Failure
from shared.errors import FailureClass

#: Seconds of a day.
DAY = 86_400


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
    #: "retry" if an attempt was charged, "wait" if not, "recheck" for what is probably gone for good.
    kind: str = "retry"


@dataclass(frozen=True)
class GiveUp:
    """Abandon it."""

    charged: int


Decision = Again | GiveUp


def decide(failure: Failure, history: History, settings: RetrySettings, now: datetime, rng: random.Random) -> Decision:
    """The decision for one failure."""

    def wait_if(patient: bool, seconds: float) -> Decision:
        return _wait(failure, history, settings, now, seconds, rng) if patient else GiveUp(history.charged)

    match failure.failure_class:
        case FailureClass.PERMANENT:
            return _permanent(failure, history, settings, rng)
        case FailureClass.TRANSIENT:
            return _transient(failure, history, settings, now, rng)
        case FailureClass.WAIT_UNTIL:
            return wait_if(_young(history, settings.wait_max_days, now), settings.wait_seconds)
        case FailureClass.EGRESS:
            return _wait(failure, history, settings, now, settings.egress_seconds, rng, growing=False)
        case FailureClass.TOOL | FailureClass.IDENTITY:
            patient = history.in_a_row < settings.tool_attempts and _young(history, settings.max_age_days, now)
            return wait_if(patient, settings.tool_seconds)
        case FailureClass.REFUSED:
            patient = history.in_a_row < settings.refused_attempts and _young(history, settings.wait_max_days, now)
            return wait_if(patient, settings.wait_seconds)
        case FailureClass.STORAGE:
            return _wait(failure, history, settings, now, settings.storage_seconds, rng, growing=False)


def _young(history: History, days: float, now: datetime) -> bool:
    """Whether the first failure is not older than so many days."""
    return now - history.first_failed_at <= timedelta(days=days)


def _permanent(failure: Failure, history: History, settings: RetrySettings, rng: random.Random) -> Decision:
    listed = {"private": settings.private_recheck_days, "members-only": settings.members_recheck_days}
    text = listed.get(failure.reason, "none")
    days = [] if text == "none" else [float(part) for part in text.split(",")]
    if history.in_a_row > len(days):
        return GiveUp(history.charged)
    return Again(max(1.0, days[history.in_a_row - 1] * DAY * rng.uniform(1, 1.1)), history.charged, "recheck")


def _transient(
    failure: Failure, history: History, settings: RetrySettings, now: datetime, rng: random.Random
) -> Decision:
    charged = history.charged + 1
    if charged >= settings.max_attempts or not _young(history, settings.max_age_days, now):
        return GiveUp(charged)
    if failure.retry_at is not None:
        return Again(_until(failure.retry_at, now, settings), charged)
    ceiling = _doubled(settings.backoff_seconds, charged, settings.backoff_max_seconds)
    return Again(max(1.0, rng.uniform(0, ceiling)), charged)


def _wait(
    failure: Failure,
    history: History,
    settings: RetrySettings,
    now: datetime,
    seconds: float,
    rng: random.Random,
    *,
    growing: bool = True,
) -> Again:
    """An uncharged wait: until the time the source named, else `seconds`, doubling if `growing`."""
    if failure.retry_at is not None:
        return Again(_until(failure.retry_at, now, settings), history.charged, "wait")
    base = _doubled(seconds, history.in_a_row, settings.wait_max_seconds) if growing else seconds
    # Never earlier than asked: jitter is added on top.
    return Again(base * rng.uniform(1, 1.1), history.charged, "wait")


def _until(moment: datetime, now: datetime, settings: RetrySettings) -> float:
    """Seconds until a moment that a source named, and the margin; a moment beyond all settings is no promise."""
    return min(max(1.0, (moment - now).total_seconds() + settings.wait_margin_seconds), float(MAX_DAYS * DAY))


def _doubled(seconds: float, nth: int, longest: float) -> float:
    """`seconds` × 2^(nth-1), at most `longest` (or `seconds`, if that is more)."""
    return float(min(max(seconds, longest), seconds * 2 ** min(nth - 1, 40)))
