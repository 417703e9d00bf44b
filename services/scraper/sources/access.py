"""The parts that decide whether and when a source may be asked, whose share pays, and what its answers mean."""

from __future__ import annotations

from dataclasses import dataclass

from services.scraper.sources.admission import Admission
from services.scraper.sources.judge import Judge
from services.scraper.sources.limits import Sources
from services.scraper.sources.permit_server import PermitServer
from services.scraper.sources.shares.shares import Shares


@dataclass(frozen=True)
class SourceAccess:
    """The parts of one scraper that control all its requests to sources."""

    #: The pace and the budget at each source.
    limits: Sources
    #: The breakers.
    admission: Admission
    #: Turns evidence into a failure.
    judge: Judge
    #: Answers workers that ask for permits.
    permits: PermitServer
    #: The shares of limited submitters.
    shares: Shares

    def served(self, source: str, trips: int, video_id: str) -> None:
        """Note that a source served a video that was requested after `trips` openings of its breaker."""
        self.limits.of(source).worked()
        self.admission.worked(source, trips, video_id)
