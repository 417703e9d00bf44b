"""How long a source tells us to leave it alone. It may be a stranger, so it is believed within bounds."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Seconds (7 days): no source is taken at its word beyond that.
MAX_NAMED_SECONDS = 7 * 86_400
#: Digits of a number of seconds that is surely beyond MAX_NAMED_SECONDS.
_MANY_DIGITS = 9


def seconds_of(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header names (RFC 9110, 10.2.3: a number or a date), at most MAX_NAMED_SECONDS.

    None: it names no time that is still to come.
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
    """`seconds` from now, at most `longest`; None if there are none, or none to wait for."""
    if seconds is None or math.isnan(seconds) or seconds <= 0:
        return None
    return min(seconds, longest, MAX_NAMED_SECONDS)
