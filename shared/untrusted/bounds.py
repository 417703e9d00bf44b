"""Bounds for untrusted numbers and times: every store and every message can represent all values within them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

#: The largest integer that every JSON parser represents exactly (RFC 8259, 6); the database's limit is higher.
MAX_INTEGER = 2**53 - 1
#: Counts of attempts, claims and listings; no real count comes near it.
MAX_COUNT = 2**31 - 1
#: Seconds of audio: ten years, longer than any live stream.
MAX_SECONDS = 10 * 366 * 86_400
#: Kilobits per second; uncompressed multichannel audio stays far below.
MAX_KBPS = 10**7
#: Entries that one submission may request.
MAX_ENTRIES = 1_000_000
#: Characters of an address; browsers and servers have similar limits.
MAX_ADDRESS = 2048
#: The earliest and latest times in a message. They leave room to add a delay or a time zone in every calendar.
FIRST_MOMENT, LAST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def number_within(value: object, least: float, most: float) -> float | None:
    """`value` if it is a number from `least` to `most`; None for anything else, such as NaN, infinity or a boolean."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if least <= value <= most else None


def within_calendar(moment: datetime) -> datetime:
    """Convert a time with a zone to UTC. Raises ValueError if it is outside the bounds."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("it is outside the calendar") from error
    if not FIRST_MOMENT <= moment <= LAST_MOMENT:
        raise ValueError(f"it is not between {FIRST_MOMENT.year} and {LAST_MOMENT.year}")
    return moment
