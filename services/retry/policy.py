"""Decides what follows a failure. Pure: failure, history, time and random generator go in; a decision comes out.

transient        full jitter: a random delay between 0 and backoff × 2^(n-1), up to backoff_max; abandoned after
                 max_attempts or max_age_days
wait-until T     at T + margin, or growing waits if T is unknown; never charged; abandoned after wait_max_days
egress           at Retry-After, otherwise after egress_seconds; never charged, never abandoned
tool, identity   growing waits; never charged; abandoned after tool_attempts in a row or max_age_days
storage          after storage_seconds; never charged, never abandoned
refused          growing waits; abandoned after refused_attempts in a row: the source serves others meanwhile
permanent        private and members-only videos are checked again rarely; all others are abandoned at once
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from services.retry.settings import MAX_DAYS, RetrySettings
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import FailureClass

#: Seconds of a day.
DAY = 86_400


@dataclass(frozen=True)
class History:
    """What the catalog knows of earlier failures of the same item; `charged` does not count the present one."""

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
    #: "retry" if an attempt was charged, "wait" if not, "recheck" for an item that is probably gone for good.
    kind: Literal["retry", "wait", "recheck"] = "retry"


@dataclass(frozen=True)
class Abandon:
    """Abandon it."""

    charged: int


Decision = Again | Abandon


def decide(failure: Failure, history: History, settings: RetrySettings, now: datetime, rng: random.Random) -> Decision:
    """Return what follows one failure. `now` and `rng` are passed in, so that the decision can be reproduced."""

    waits = _Waits(failure, history, settings, now, rng)

    def wait_if(patient: bool, seconds: float) -> Decision:
        return waits.growing(seconds) if patient else Abandon(history.charged)

    match failure.failure_class:
        case FailureClass.PERMANENT:
            return _permanent(failure, history, settings, rng)
        case FailureClass.TRANSIENT:
            return _transient(failure, history, settings, now, rng)
        case FailureClass.WAIT_UNTIL:
            return wait_if(_young(history, settings.wait_max_days, now), settings.wait_seconds)
        case FailureClass.EGRESS:
            return waits.fixed(settings.egress_seconds)
        case FailureClass.TOOL | FailureClass.IDENTITY:
            patient = history.in_a_row < settings.tool_attempts and _young(history, settings.max_age_days, now)
            return wait_if(patient, settings.tool_seconds)
        case FailureClass.REFUSED:
            patient = history.in_a_row < settings.refused_attempts and _young(history, settings.wait_max_days, now)
            return wait_if(patient, settings.wait_seconds)
        case FailureClass.STORAGE:
            return waits.fixed(settings.storage_seconds)


def _young(history: History, days: float, now: datetime) -> bool:
    """Return whether the first failure is at most `days` old."""
    return now - history.first_failed_at <= timedelta(days=days)


def _permanent(failure: Failure, history: History, settings: RetrySettings, rng: random.Random) -> Decision:
    listed: dict[str, str] = {
        Reason.PRIVATE: settings.private_recheck_days,
        Reason.MEMBERS_ONLY: settings.members_recheck_days,
    }
    text = listed.get(failure.reason, "none")
    days = [] if text == "none" else [float(part) for part in text.split(",")]
    if history.in_a_row > len(days):
        return Abandon(history.charged)
    return Again(max(1.0, days[history.in_a_row - 1] * DAY * rng.uniform(1, 1.1)), history.charged, "recheck")


def _transient(
    failure: Failure, history: History, settings: RetrySettings, now: datetime, rng: random.Random
) -> Decision:
    charged = history.charged + 1
    if charged >= settings.max_attempts or not _young(history, settings.max_age_days, now):
        return Abandon(charged)
    if failure.retry_at is not None:
        return Again(_until(failure.retry_at, now, settings), charged)
    ceiling = _doubled(settings.backoff_seconds, charged, settings.backoff_max_seconds)
    return Again(max(1.0, rng.uniform(0, ceiling)), charged)


@dataclass(frozen=True)
class _Waits:
    """Uncharged waits: until the time that the source named, otherwise for some seconds."""

    failure: Failure
    history: History
    settings: RetrySettings
    now: datetime
    rng: random.Random

    def fixed(self, seconds: float) -> Again:
        """Wait for `seconds` each time."""
        if self.failure.retry_at is not None:
            return Again(_until(self.failure.retry_at, self.now, self.settings), self.history.charged, "wait")
        # Jitter is added, so that the wait is never shorter than configured.
        return Again(seconds * self.rng.uniform(1, 1.1), self.history.charged, "wait")

    def growing(self, seconds: float) -> Again:
        """Wait for `seconds` the first time, and for twice as long each further time."""
        return self.fixed(_doubled(seconds, self.history.in_a_row, self.settings.wait_max_seconds))


def _until(moment: datetime, now: datetime, settings: RetrySettings) -> float:
    """Return the seconds until a moment that a source named, plus the margin; at least 1, at most MAX_DAYS."""
    return min(max(1.0, (moment - now).total_seconds() + settings.wait_margin_seconds), float(MAX_DAYS * DAY))


def _doubled(seconds: float, nth: int, longest: float) -> float:
    """Return `seconds` × 2^(nth-1), at most `longest`, or `seconds` if that is more."""
    return float(min(max(seconds, longest), seconds * 2 ** min(nth - 1, 40)))
