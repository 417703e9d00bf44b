"""What decides whether a source may be asked, when, and out of whose share; and what follows from its answers."""

from __future__ import annotations

from dataclasses import dataclass

from services.scraper.sources.admission import Admission
from services.scraper.sources.judge import Judge
from services.scraper.sources.limits import Sources
from services.scraper.sources.permit_server import PermitServer
from services.scraper.sources.shares import Shares


@dataclass(frozen=True)
class SourceAccess:
    """The parts of one scraper through which all its work asks sources."""

    #: The pace and the budget at each source.
    limits: Sources
    #: The breakers.
    admission: Admission
    #: Where evidence becomes a failure.
    judge: Judge
    #: Where workers ask for leave to send a request.
    permits: PermitServer
    #: What each limited submitter may have.
    shares: Shares

    def served(self, source: str, trips: int, video_id: str) -> None:
        """Note that a source served a video that was requested after `trips` openings of its breaker."""
        self.limits.of(source).worked()
        self.admission.worked(source, trips, video_id)
