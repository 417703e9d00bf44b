"""A defect in the middle of work: counted as a failure of that work, so that it is limited and a person sees it.

Without this the work would begin again without end: its message is parked, and the sweeper requests it once more.
"""

from __future__ import annotations

import traceback

from services.scraper.lease import LeaseLost
from services.scraper.storing import StoreTrouble
from shared.catalog.connection import CATALOG_ERRORS, DOCUMENT_REFUSED
from shared.contracts import Failure
from shared.errors import FailureClass, FonotecaError
from shared.logs import logger

log = logger(__name__)

REASON = "defect"
#: What has a rule of its own: servers that are away, work that goes back, the end of the process.
_NO_DEFECTS: tuple[type[BaseException], ...] = (
    FonotecaError,
    LeaseLost,
    StoreTrouble,
)


def counted_as_failure(error: BaseException) -> Failure | None:
    """The failure that stands for a defect; None for an exception that has a rule of its own."""
    if not isinstance(error, Exception) or isinstance(error, _NO_DEFECTS):
        return None
    if isinstance(error, CATALOG_ERRORS) and not isinstance(error, DOCUMENT_REFUSED):
        return None
    log.error("work.defect", exc_info=error)
    where = traceback.format_exception_only(error)[-1].strip()
    return Failure(
        failure_class=FailureClass.TOOL,
        reason=REASON,
        detail=f"The scraper itself failed over it: {where}. Its log has the whole story."[:2000],
    )
