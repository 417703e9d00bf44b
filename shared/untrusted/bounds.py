"""Bounds of numbers and moments from outside: whatever lies within them, every store and every message can carry."""

from __future__ import annotations

import math
from datetime import UTC, datetime

#: The largest whole number that JSON carries exactly everywhere (RFC 8259, 6); the database's are larger.
MAX_INTEGER = 2**53 - 1
#: Counts of attempts, claims and listings; nothing is tried so often.
MAX_COUNT = 2**31 - 1
#: Seconds that a recording may last: ten years. A live stream that never ended is shorter.
MAX_SECONDS = 10 * 366 * 86_400
#: Kilobits per second; uncompressed sound of many channels stays far below.
MAX_KBPS = 10**7
#: Entries that one submission may ask for.
MAX_ENTRIES = 1_000_000
#: Characters of an address; browsers and servers take about as many.
MAX_ADDRESS = 2048
#: The first and the last moment of a message. What is added to one (a delay, a time zone) stays within every calendar.
FIRST_MOMENT, LAST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def number_within(value: object, least: float, most: float) -> float | None:
    """`value` if it is a number from `least` to `most`; None for anything else, such as NaN, infinity or a truth."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if least <= value <= most else None


def within_calendar(moment: datetime) -> datetime:
    """`moment`, which has a zone, in UTC. Raises ValueError for one outside the bounds."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("it is beyond the calendar") from error
    if not FIRST_MOMENT <= moment <= LAST_MOMENT:
        raise ValueError(f"it is not between {FIRST_MOMENT.year} and {LAST_MOMENT.year}")
    return moment
