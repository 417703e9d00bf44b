"""The failures that a site's functions raise. Each decides the reason; its text is for people."""

from __future__ import annotations

import math
from datetime import datetime
from typing import ClassVar

from shared.contracts.reasons import Reason
from shared.untrusted.bounds import MAX_SECONDS, within_calendar


class SiteFailure(Exception):
    """Base of the failures that a site declares."""

    reason: ClassVar[Reason]


class Gone(SiteFailure):
    """The source has nothing at this address, or no longer: it is not tried again."""

    reason = Reason.NOT_FOUND


class Private(SiteFailure):
    """The source does not show it to everybody. It is tried again after some time."""

    reason = Reason.PRIVATE


class NotYet(SiteFailure):
    """It will be available at a known time."""

    reason = Reason.NOT_YET

    def __init__(self, text: str, begins_at: datetime) -> None:
        """`begins_at`: needs a time zone. Raises ValueError without one, and for a year before 1970 or after 9000."""
        if not isinstance(begins_at, datetime):
            raise TypeError(f"begins_at is {type(begins_at).__name__} instead of datetime")
        if begins_at.utcoffset() is None:
            raise ValueError("begins_at needs a time zone")
        super().__init__(text)
        self.begins_at = within_calendar(begins_at)


class TooManyRequests(SiteFailure):
    """The source asks for fewer requests, by other words than HTTP status 429. It then rests."""

    reason = Reason.TOO_MANY_REQUESTS

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        """`retry_after`: seconds that the source names, if it names any. Raises TypeError if it is no number."""
        if isinstance(retry_after, bool) or not isinstance(retry_after, int | float | None):
            raise TypeError(f"retry_after is {type(retry_after).__name__} instead of a number of seconds")
        super().__init__(text)
        named = None if retry_after is None or math.isnan(retry_after) else retry_after
        self.retry_after = None if named is None else min(max(named, 0), MAX_SECONDS)


class HttpError(Exception):
    """A page answered with an HTTP status of 400 or more. A site that does not handle it may let it pass."""

    def __init__(self, status: int, address: str) -> None:
        """Raises TypeError or ValueError if `status` is no HTTP status."""
        if isinstance(status, bool) or not isinstance(status, int):
            raise TypeError(f"status is {type(status).__name__} instead of an HTTP status")
        if not 100 <= status <= 999:
            raise ValueError(f"{status} is no HTTP status")
        super().__init__(f"HTTP status {status} at {address}")
        self.status = status
