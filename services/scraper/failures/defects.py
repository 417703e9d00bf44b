"""Counts a defect of our own code during work as a failure of that work.

Thus its attempts are limited, and a person sees it. Otherwise the work would be repeated without end: its message is
parked, and the sweeper requests it again.
"""

from __future__ import annotations

from types import TracebackType
from typing import Literal, Self

from shared import metrics
from shared.contracts import Failure
from shared.contracts.defect import defect, file_of, place_of
from shared.errors import FonotecaError, Refused
from shared.logs import logger

log = logger(__name__)


class DefectCatcher:
    """A context manager that catches and keeps a defect; every other error passes.

    FonotecaErrors other than Refused have rules of their own, and so have cancellations and the end of the process.
    """

    def __init__(self, subject: Literal["video", "playlist", "source", "crawl"]) -> None:
        """`subject`: what the block works on."""
        self._subject = subject
        #: The defect, and the failure that stands for it; None: the block met none.
        self.error: BaseException | None = None
        self.failure: Failure | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None or not is_defect(error):
            return False
        place = place_of(error)
        metrics.DEFECTS.labels(self._subject, file_of(place)).inc()
        log.error("work.defect", place=place, exc_info=error)
        self.error, self.failure = error, defect(error)
        return True


def is_defect(error: BaseException) -> bool:
    """Whether an exception is a defect of our own code, and not an error that has a rule of its own."""
    return isinstance(error, Refused) or (isinstance(error, Exception) and not isinstance(error, FonotecaError))
