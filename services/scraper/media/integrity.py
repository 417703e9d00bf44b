"""The failure of media that is incomplete or damaged."""

from __future__ import annotations

from shared.contracts import Failure
from shared.contracts.reasons import Reason


class MediaInvalid(Exception):
    """The source's media, or a file made of it, is incomplete or damaged; nothing may be stored."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.failure = Failure.of(reason, detail)
