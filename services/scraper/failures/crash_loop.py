"""Work in whose middle scrapers die again and again: the message alone never shows it.

A scraper that dies leaves its lease. Whoever gets the message next waits for the end of that lease by a new message,
whose deliveries are counted from one; so the deaths are counted in the catalog, with every lease that ran out.
"""

from __future__ import annotations

from shared.catalog.documents import Playlist, Video
from shared.contracts import Failure
from shared.errors import FailureClass
from shared.topology import DELIVERY_LIMIT

REASON = "crashes-scraper"


def deserted_too_often(work: Video | Playlist) -> bool:
    """Whether this claimed work has killed so many scrapers that it should not be tried now."""
    return work.get("desertions", 0) >= DELIVERY_LIMIT


def crashes_scraper() -> Failure:
    """The failure of such work. It is our tools': a person should look."""
    return Failure(
        failure_class=FailureClass.TOOL,
        reason=REASON,
        detail=f"Scrapers died {DELIVERY_LIMIT} times in a row while they worked on it. Their logs should tell why.",
    )


def go_on_from(failure: Failure) -> int:
    """Desertions to count from after a failure: one more death is enough where there were too many already."""
    return DELIVERY_LIMIT - 1 if failure.reason == REASON else 0
