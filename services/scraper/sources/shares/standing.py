"""The standing of one submitter at a scraper: work under way, recent starts, and messages that were sent back."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from services.scraper.sources.shares.request_shares import ShareExceeded
from services.scraper.sources.shares.share_rules import ShareRules
from shared.catalog.reports.progress import Others

#: Seconds: the longest delay of excess work, unless more messages come back than RETURNS_PER_SECOND allows.
MAX_DELAY_SECONDS = 60
#: The most messages of one submitter that come back in a second, however many there are.
RETURNS_PER_SECOND = 20
#: Weight of the last download in the mean duration.
_WEIGHT = 0.2


@dataclass
class Standing:
    """The downloads, listings and delayed messages of one submitter. Times are monotonic seconds."""

    #: Ids of videos being downloaded, the earliest first; and the number of listings.
    downloads: list[str] = field(default_factory=list)
    listings: int = 0
    #: Source → when its last download began.
    started: dict[str, float] = field(default_factory=dict)
    #: Mean duration of a download in seconds.
    mean: float = 1.0
    #: Times at which delayed messages come back: a heap.
    returns: list[float] = field(default_factory=list)
    #: Whose other work waits, by the catalog, and until when that answer is reused.
    others: tuple[Others, float] = (Others.NONE, 0.0)

    def began(self, source: str, video_id: str, now: float) -> None:
        """Note that a download from `source` begins."""
        self.started[source] = now
        self.downloads.append(video_id)

    def ended_after(self, seconds: float) -> None:
        """Note how long a completed download took."""
        self.mean += _WEIGHT * (seconds - self.mean)

    def drop_past_starts(self, rules: ShareRules, part: float, now: float) -> None:
        """Drop starts that delay nothing any more for a submitter who has a `part` of all starts."""
        for source, began in list(self.started.items()):
            if now - began >= rules.pause(source, part):
                del self.started[source]

    def delayed(self, now: float, spacing: float, why: str) -> ShareExceeded:
        """Return the error that brings a message back `spacing` seconds after the messages that were delayed before."""
        while self.returns and self.returns[0] <= now:
            heapq.heappop(self.returns)
        place = len(self.returns) + 1
        seconds = max(1.0, min(place * spacing, MAX_DELAY_SECONDS), place / RETURNS_PER_SECOND)
        heapq.heappush(self.returns, now + seconds)
        return ShareExceeded(seconds, why)
