"""Reads the wait that a source names. A stranger may name any number, so the wait is limited."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Seconds (7 days): the longest wait that is accepted from any source.
MAX_NAMED_SECONDS = 7 * 86_400
#: Digits of a number of seconds that certainly exceeds MAX_NAMED_SECONDS.
_MANY_DIGITS = 9


def seconds_of(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header names (RFC 9110, 10.2.3: a number or a date), at most MAX_NAMED_SECONDS.

    None: it names no future time.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return bounded(MAX_NAMED_SECONDS if len(text) > _MANY_DIGITS else int(text))
    try:
        moment = parsedate_to_datetime(text)
        return bounded((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now.timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def bounded(seconds: float | None, longest: float = MAX_NAMED_SECONDS) -> float | None:
    """`seconds`, at most `longest` and MAX_NAMED_SECONDS; None if there is nothing to wait for."""
    if seconds is None or math.isnan(seconds) or seconds <= 0:
        return None
    return min(seconds, longest, MAX_NAMED_SECONDS)
