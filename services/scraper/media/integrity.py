"""The failure of media that is damaged or incomplete."""

from __future__ import annotations

from shared.contracts import Failure
from shared.contracts.reasons import Reason


class MediaInvalid(Exception):
    """The source's media, or a file made from it, is damaged or incomplete. Nothing of it may be stored."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.failure = Failure.of(reason, detail)
