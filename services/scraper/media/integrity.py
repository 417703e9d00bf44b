"""The failure of media that is damaged or incomplete."""

from __future__ import annotations

from shared.contracts import Failure
from shared.errors import FailureClass


class MediaInvalid(Exception):
    """The source's media, or a file made from it, is damaged or incomplete. Nothing of it may be stored."""

    def __init__(self, reason: str, detail: str, failure_class: FailureClass = FailureClass.TRANSIENT) -> None:
        super().__init__(detail)
        self.failure = Failure(failure_class=failure_class, reason=reason, detail=detail[:2000])
