"""Detects work that keeps crashing scrapers; redelivery counts alone cannot show it.

A scraper that dies leaves its lease. The next one waits for that lease to expire by sending a new message, whose
deliveries are counted from one. So the catalog counts expired leases, in the stored field `desertions`.
"""

from __future__ import annotations

from shared.catalog.documents import Playlist, Video
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.topology import DELIVERY_LIMIT


def is_crash_loop(work: Video | Playlist) -> bool:
    """Whether so many scrapers died over this claimed work that it should not be tried now."""
    return work.get("desertions", 0) >= DELIVERY_LIMIT


def crashes_scraper() -> Failure:
    """The failure of work that crashes scrapers: charged to our tools, for a person to inspect."""
    return Failure.of(
        Reason.CRASHES_SCRAPER,
        f"Scrapers died {DELIVERY_LIMIT} times in a row while they worked on it. Their logs should say why.",
    )


def expired_leases_after(failure: Failure) -> int:
    """Expired leases to count from after a failure: one more is enough after a crash loop."""
    return DELIVERY_LIMIT - 1 if failure.reason == Reason.CRASHES_SCRAPER else 0
