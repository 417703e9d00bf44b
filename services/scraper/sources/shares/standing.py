"""The standing of one submitter at a scraper: work under way, recent starts, and messages that were sent back."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from services.scraper.sources.shares.request_shares import ShareExceeded
from services.scraper.sources.shares.share_rules import ShareRules
from shared.catalog.reports.progress import Others

#: Seconds: the longest delay of excess work, unless more messages come back than RETURNS_PER_SECOND allows.
MAX_DELAY_SECONDS = 60
#: The most messages of one submitter that come back in a second, however many there are.
RETURNS_PER_SECOND = 20
#: How many delayed messages come back for each place that is expected to be free by then. The expectation is rough: a
#: message that comes too early costs a further delay, but a place without one stays empty.
RETURNS_PER_PLACE = 2
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
    #: Whole second → how many delayed messages come back in it.
    returns: Counter[int] = field(default_factory=Counter)
    #: Set for a moment whenever a download ends.
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    #: Whose other work waits, by the catalog, and until when that answer is reused.
    others: tuple[Others, float] = (Others.NONE, 0.0)

    def began(self, source: str, video_id: str, now: float) -> None:
        """Note that a download from `source` begins."""
        self.started[source] = now
        self.downloads.append(video_id)

    def ends(self, video_id: str) -> None:
        """Note that a download ends, however it does, and wake whoever waits for its place."""
        self.downloads.remove(video_id)
        self.ended.set()
        self.ended.clear()

    async def wait_for_end(self, seconds: float) -> None:
        """Wait until a download ends, for at most `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()

    def spacing(self, places: int) -> float:
        """Seconds between two delayed messages, so that none of `places` stays empty."""
        return self.mean / places / RETURNS_PER_PLACE

    def ended_after(self, seconds: float) -> None:
        """Note how long a completed download took."""
        self.mean += _WEIGHT * (seconds - self.mean)

    def drop_past_starts(self, rules: ShareRules, part: float, now: float) -> None:
        """Drop starts that delay nothing any more for a submitter who has a `part` of all starts."""
        for source, began in list(self.started.items()):
            if now - began >= rules.pause(source, part):
                del self.started[source]

    def delayed(self, now: float, spacing: float, why: str) -> ShareExceeded:
        """Return the error that brings a message back, `spacing` seconds after those that were delayed before it.

        Those that were delayed again, or by a shorter spacing, leave gaps: a message fills the first one.
        """
        for second in [second for second in self.returns if second <= now]:
            del self.returns[second]
        place = self.returns.total() + 1
        last = max(1.0, min(place * spacing, MAX_DELAY_SECONDS), place / RETURNS_PER_SECOND)
        seconds = min(last, self._first_gap(now, max(spacing, 1 / RETURNS_PER_SECOND), last))
        self.returns[math.ceil(now + seconds)] += 1
        return ShareExceeded(seconds, why)

    def _first_gap(self, now: float, spacing: float, last: float) -> float:
        """Return the first delay by which fewer messages come back than are due, one each `spacing` seconds."""
        before = 0
        for second in range(math.floor(now) + 1, math.ceil(now + last) + 1):
            before += self.returns[second]
            if (before + 1) * spacing <= second - now:
                return second - now
        return last
