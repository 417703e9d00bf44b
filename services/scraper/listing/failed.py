"""How a listing ends without having shown its whole list, and the failures that our own code knows."""

from __future__ import annotations

from services.scraper.engines.values import ListingGap
from services.scraper.failures import Evidence
from shared.contracts import Failure
from shared.errors import FailureClass, FonotecaError

#: Reason of a listing that ended without having shown all.
INCOMPLETE = "listing-incomplete"


class ListingFailed(FonotecaError):
    """The listing did not come to its end. The entries that it found before are kept."""

    def __init__(self, failure: Failure, evidence: Evidence | None = None) -> None:
        """`evidence`: what the source answered, if the failure comes from it; the judge may find another failure."""
        super().__init__(failure.detail)
        self.failure = failure
        self.evidence = evidence


def incomplete(gap: ListingGap) -> ListingFailed:
    """The error of a list of which something is missing."""
    detail = gap.detail[:2000]
    return ListingFailed(Failure(failure_class=FailureClass.TRANSIENT, reason=INCOMPLETE, detail=detail))


def empty_playlist() -> ListingFailed:
    """The error of a list without entries."""
    return ListingFailed(
        Failure(
            failure_class=FailureClass.PERMANENT,
            reason="empty-playlist",
            detail="The playlist has no videos. Is it the right one, and public?",
        )
    )


def playlist_too_long(longest: int) -> ListingFailed:
    """The error of a list that has more than `longest` entries."""
    return ListingFailed(
        Failure(
            failure_class=FailureClass.PERMANENT,
            reason="playlist-too-long",
            detail=f"It has more than SCRAPER_LONGEST_PLAYLIST ({longest}) videos; the first {longest} were taken.",
        )
    )


def listing_worker_died(detail: str) -> ListingFailed:
    """The error of a listing whose worker process ended or took too long."""
    return ListingFailed(Failure(failure_class=FailureClass.TRANSIENT, reason="worker-died", detail=detail))
