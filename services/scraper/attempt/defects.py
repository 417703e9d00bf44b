"""A defect in the middle of work: counted as a failure of that work, so that it is limited and a person sees it.

Without this the work would begin again without end: its message is parked, and the sweeper requests it once more.
"""

from __future__ import annotations

from services.scraper.attempt.upload import StoreTrouble
from services.scraper.lease import LeaseLost
from shared import metrics
from shared.contracts import Failure
from shared.contracts.defect import defect, file_of, place_of
from shared.errors import FonotecaError, Refused
from shared.logs import logger

log = logger(__name__)

#: What has a rule of its own: servers that are away, work that goes back, the end of the process.
_NO_DEFECTS: tuple[type[BaseException], ...] = (
    FonotecaError,
    LeaseLost,
    StoreTrouble,
)


def is_defect(error: BaseException) -> bool:
    """Whether an exception is a defect of our own code, and not one that has a rule of its own."""
    return isinstance(error, Refused) or (isinstance(error, Exception) and not isinstance(error, _NO_DEFECTS))


def counted_as_failure(error: BaseException, subject: str) -> Failure | None:
    """The failure that stands for a defect over a video or playlist; None for what has a rule of its own."""
    if not is_defect(error):
        return None
    place = place_of(error)
    metrics.DEFECTS.labels(subject, file_of(place)).inc()
    log.error("work.defect", place=place, exc_info=error)
    return defect(error)
