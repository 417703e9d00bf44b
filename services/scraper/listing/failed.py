"""The error of a listing that did not show its whole list, and the failures that our own code detects."""

from __future__ import annotations

from services.scraper.engines.values import ListingGap
from services.scraper.failures import Evidence
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import FonotecaError


class ListingFailed(FonotecaError):
    """The listing did not come to its end. The entries that it found before are kept."""

    def __init__(self, cause: Failure | Evidence) -> None:
        """`cause`: evidence where the source is concerned, from which the judge makes a failure."""
        super().__init__(cause.detail if isinstance(cause, Failure) else cause.text)
        self.cause = cause


def incomplete(gap: ListingGap) -> ListingFailed:
    """The error of an incomplete list."""
    return ListingFailed(Failure.of(Reason.LISTING_INCOMPLETE, gap.detail))


def empty_playlist() -> ListingFailed:
    """The error of a list without entries."""
    detail = "The playlist has no videos. Is it the right one, and public?"
    return ListingFailed(Failure.of(Reason.EMPTY_PLAYLIST, detail))


def playlist_too_long(longest: int) -> ListingFailed:
    """The error of a list that has more than `longest` entries."""
    detail = f"It has more than SCRAPER_LONGEST_PLAYLIST ({longest}) videos; the first {longest} were taken."
    return ListingFailed(Failure.of(Reason.PLAYLIST_TOO_LONG, detail))


def listing_worker_died(detail: str) -> ListingFailed:
    """The error of a listing whose worker process ended or took too long."""
    return ListingFailed(Failure.of(Reason.WORKER_DIED, detail))
