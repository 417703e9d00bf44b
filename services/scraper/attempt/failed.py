"""The error with which every stage ends a failed attempt."""

from __future__ import annotations

from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import FonotecaError


class AttemptFailed(FonotecaError):
    """The attempt ended without a stored object."""

    def __init__(self, failure: Failure, title: str | None = None) -> None:
        """`title`: of the video, if its source reported it."""
        super().__init__(failure.detail)
        self.failure = failure
        self.title = title


def worker_died(detail: str) -> AttemptFailed:
    """The error of an attempt whose worker process died or whose files disappeared."""
    return AttemptFailed(Failure.of(Reason.WORKER_DIED, detail))
