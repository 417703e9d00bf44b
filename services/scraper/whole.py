"""What a whole recording is, and the failure of one that is not."""

from __future__ import annotations

from shared.contracts import Failure
from shared.errors import FailureClass

#: How far the duration may be from what the source says. Sources round to whole seconds.
TOLERANCE_SECONDS = 1.5
TOLERANCE_SHARE = 0.002


class NotWhole(Exception):
    """The source's media or a file made of it is not whole; nothing may be stored."""

    def __init__(self, reason: str, detail: str, failure_class: FailureClass = FailureClass.TRANSIENT) -> None:
        super().__init__(detail)
        self.failure = Failure(failure_class=failure_class, reason=reason, detail=detail[:2000])


def check_duration(seconds: float, expected_seconds: float | None) -> None:
    """Raise NotWhole if a recording's duration is not what the source promised."""
    if seconds <= 0:
        raise NotWhole("empty-media", "the media holds no sound")
    if expected_seconds is None:
        return
    tolerance = max(TOLERANCE_SECONDS, TOLERANCE_SHARE * expected_seconds)
    if abs(seconds - expected_seconds) > tolerance:
        reason = "cut-short" if seconds < expected_seconds else "too-long"
        raise NotWhole(reason, f"the media lasts {seconds:.1f} s, but the source says {expected_seconds:.1f} s")
