"""The rules of shares: what a limited submitter may have of a scraper and of its sources."""

from __future__ import annotations

from dataclasses import dataclass

#: The mean pause between downloads, as a multiple of the setting: each pause is one to two times as long.
MEAN_PAUSE = 1.5


@dataclass(frozen=True)
class ShareRules:
    """The limits of each limited submitter."""

    #: Percent of a source's hourly budget, and of the starts of downloads while others wait.
    percent: float = 100
    #: Concurrent downloads of this scraper.
    slots: int = 1
    #: Requests that each source may get in an hour; 0: no limit.
    budget: int = 0
    #: Seconds between two starts of downloads, by source; the last entry is for all others.
    intervals: tuple[tuple[str, float], ...] = (("", 0.0),)
    #: Concurrent listings of this scraper for limited submitters.
    listings: int = 1
    #: Percent of a source's hourly budget that all crawls together may use.
    crawl_percent: float = 100
    #: Videos that this scraper has at once in all stages; 0: as many as slots.
    videos: int = 0

    @property
    def requests(self) -> int:
        """Requests that each limited submitter may make to a source in an hour; 0: no limit."""
        return max(1, int(self.budget * self.percent / 100)) if self.budget else 0

    @property
    def crawl_requests(self) -> int:
        """Requests that all crawls together may make to a source in an hour; 0: no limit."""
        return max(1, int(self.budget * self.crawl_percent / 100)) if self.budget else 0

    def pause(self, source: str, part: float) -> float:
        """Seconds between two starts of downloads for a submitter who has a `part` of all starts."""
        seconds = next((s for name, s in self.intervals if name == source), self.intervals[-1][1])
        return seconds * MEAN_PAUSE / part
