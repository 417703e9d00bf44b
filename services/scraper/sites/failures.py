"""The failures that a site's functions raise. Each decides the reason; its text is for people."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from shared.contracts.reasons import Reason


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
        """`begins_at`: needs a time zone. Raises ValueError without one."""
        if begins_at.tzinfo is None:
            raise ValueError("begins_at needs a time zone")
        super().__init__(text)
        self.begins_at = begins_at


class TooManyRequests(SiteFailure):
    """The source asks for fewer requests, by other words than HTTP status 429. It then rests."""

    reason = Reason.TOO_MANY_REQUESTS

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        """`retry_after`: seconds that the source names, if it names any."""
        super().__init__(text)
        self.retry_after = retry_after


class HttpError(Exception):
    """A page answered with an HTTP status of 400 or more. A site that does not handle it may let it pass."""

    def __init__(self, status: int, address: str) -> None:
        super().__init__(f"HTTP status {status} at {address}")
        self.status = status
