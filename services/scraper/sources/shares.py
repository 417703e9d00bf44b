"""The share that each limited submitter has of this scraper: no key decides how long the others wait.

While work of unlimited submitters waits or is under way, a limited one has one download at a time, started no more
often than their share of the pace allows. Limited submitters divide what there is among themselves. A single one may
use all slots but one, which is for whoever comes next. Each has one listing at a time, always, and all of them together
leave a place to the unlimited: a listing without an end would keep its place for long.

Excess work goes back uncharged through the delay tree, the k-th message k times as long as the first: whatever is
behind it in the queue passes at once, and ten thousand messages do not come back every second.

The share of a source's hourly budget is in `request_shares`. Who submitted what comes from the catalog, never from a
message.
"""

from __future__ import annotations

import heapq
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from services.scraper.sources.limits import Account
from services.scraper.sources.request_shares import RequestShares, ShareExceeded
from shared.addresses.sources import YOUTUBE
from shared.catalog.documents import Submitter
from shared.catalog.reports.progress import Others

#: Seconds for which a submitter counts as present after their last work, and the longest delay of excess work.
PRESENT_SECONDS = 60
#: The most messages of one submitter that come back in a second, however many there are.
RETURNS_PER_SECOND = 20
#: Seconds for which the catalog's answer whether others wait is reused.
ANSWER_LASTS_SECONDS = 3
#: The mean pause between downloads, as a multiple of the setting: each pause is one to two times as long.
MEAN_PAUSE = 1.5
#: Sources of which a submitter's last start is kept before those that delay nothing any more are dropped.
MAX_STARTS = 100
#: Weight of the last download in the mean of how long one takes.
_WEIGHT = 0.2

#: Submitter's key → whose other work waits or is under way, by the catalog.
OthersWait = Callable[[str], Awaitable[Others]]


@dataclass(frozen=True)
class ShareRules:
    """What a limited submitter may have."""

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

    @property
    def requests(self) -> int:
        """Requests that each limited submitter may make to a source in an hour; 0: no limit."""
        return max(1, int(self.budget * self.percent / 100)) if self.budget else 0

    def pause(self, source: str, part: float) -> float:
        """Seconds between two starts of downloads for a submitter who has a `part` of all starts."""
        seconds = next((s for name, s in self.intervals if name == source), self.intervals[-1][1])
        return seconds * MEAN_PAUSE / part


class Allotment(NamedTuple):
    """What one submitter has now: concurrent downloads, and a part of all starts."""

    places: int
    part: float


@dataclass
class _Standing:
    """The work of one submitter. Times are monotonic seconds."""

    #: Ids of videos in download, the earliest first; and the number of listings.
    downloads: list[str] = field(default_factory=list)
    listings: int = 0
    #: By source: when the last download began.
    started: dict[str, float] = field(default_factory=dict)
    #: Mean seconds of a download.
    mean: float = 1.0
    #: When delayed messages come back: a heap.
    returns: list[float] = field(default_factory=list)
    #: Whether others wait, by the catalog, and until when that answer is reused.
    others: tuple[Others, float] = (Others.NONE, 0.0)


async def _nobody(_: str) -> Others:
    return Others.NONE


class Shares:
    """The work of all submitters at this scraper. One for a process."""

    def __init__(
        self,
        rules: ShareRules | None = None,
        others_wait: OthersWait = _nobody,
        account: Account | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules or ShareRules()
        self._others_wait = others_wait
        self._clock = clock
        self._requests = RequestShares(account, self._rules.requests, clock)
        self._standings: defaultdict[str, _Standing] = defaultdict(_Standing)
        #: Key → when their work was last seen; None: the unlimited.
        self._seen: dict[str | None, float] = {}
        #: Id of a video or playlist → keys of the submitters of each work on it; None: an unlimited one. A playlist of
        #: one video has that video's id, and a video may be requested twice.
        self._keys: defaultdict[str, list[str | None]] = defaultdict(list)
        #: Id of a listing for a limited submitter → requests that it has made from their share.
        self._asked: dict[str, int] = {}

    @asynccontextmanager
    async def listing(
        self, playlist_id: str, submitter: Submitter | None, source: str = YOUTUBE
    ) -> AsyncIterator[None]:
        """Hold a place for a listing that asks `source`. Raises ShareExceeded."""
        key = self._see(submitter)
        if key is None:
            with self._under_way(playlist_id, None):
                yield
            return
        self._requests.check(key, source)
        standing = self._standings[key]
        if standing.listings:
            raise self._delayed(key, standing.mean, f"{key} has one listing at a time")
        if sum(each.listings for each in self._standings.values()) >= self._rules.listings:
            raise self._delayed(key, standing.mean, "a place for a listing is kept for unlimited submitters")
        standing.listings += 1
        self._asked[playlist_id] = 0
        try:
            with self._under_way(playlist_id, key):
                yield
        finally:
            standing.listings -= 1
            self._asked.pop(playlist_id, None)
            self._see(submitter)

    @asynccontextmanager
    async def download(self, video_id: str, submitter: Submitter | None, source: str = YOUTUBE) -> AsyncIterator[None]:
        """Hold a place for a download from `source`. Raises ShareExceeded."""
        key = self._see(submitter)
        if key is None:
            try:
                with self._under_way(video_id, None):
                    yield
            finally:
                self._see(submitter)
            return
        self._requests.check(key, source)
        await self._admit(key, video_id, source)
        standing, began = self._standings[key], self._clock()
        try:
            with self._under_way(video_id, key):
                yield
            standing.mean += _WEIGHT * (self._clock() - began - standing.mean)
        finally:
            standing.downloads.remove(video_id)
            self._see(submitter)

    @contextmanager
    def _under_way(self, id_: str, key: str | None) -> Iterator[None]:
        self._keys[id_].append(key)
        try:
            yield
        finally:
            self._keys[id_].remove(key)
            if not self._keys[id_]:
                del self._keys[id_]

    def _pays(self, id_: str) -> str | None:
        """The key whose share pays for work on a video or playlist; None while an unlimited submitter wants it too."""
        keys = self._keys.get(id_, [None])
        return None if None in keys else keys[0]

    async def check(self, video_id: str) -> None:
        """Raise ShareExceeded if others came while this video waited for its slot, so that it is one too many now."""
        key = self._pays(video_id)
        if key is None or video_id not in self._standings[key].downloads:
            return
        allotment, standing = await self._allotment(key), self._standings[key]
        # It is gone if other work on the video ended meanwhile.
        if video_id in standing.downloads and standing.downloads.index(video_id) >= allotment.places:
            raise self._delayed(key, standing.mean, f"others wait, and {key} has its share under way")

    async def take_request(self, work_id: str, source: str) -> None:
        """Take one request from the share that pays for a video or playlist. Raises ShareExceeded if it is spent."""
        key = self._pays(work_id)
        if key is not None and await self._requests.take(key, source) and work_id in self._asked:
            self._asked[work_id] += 1

    @property
    def requests(self) -> int:
        """Requests that each limited submitter may make to a source in an hour; 0: no limit."""
        return self._rules.requests

    def asked_by(self, playlist_id: str) -> int:
        """Requests that a listing for a limited submitter has made from their share."""
        return self._asked.get(playlist_id, 0)

    def is_spent(self, key: str) -> bool:
        """Whether a submitter's share of any source is known to be spent."""
        return self._requests.is_spent(key)

    def _see(self, submitter: Submitter | None) -> str | None:
        """Note that a submitter is present. Returns their key if they are limited."""
        key = submitter["key"] if submitter is not None and submitter["limited"] else None
        self._seen[key] = self._clock()
        return key

    async def _admit(self, key: str, video_id: str, source: str) -> None:
        allotment = await self._allotment(key)
        # Nothing is awaited from here on, so the counts stay valid.
        standing, now = self._standings[key], self._clock()
        pause = self._rules.pause(source, allotment.part)
        too_soon = source in standing.started and now - standing.started[source] < pause
        if len(standing.downloads) >= allotment.places or too_soon:
            spacing = max(pause, standing.mean / allotment.places)
            raise self._delayed(key, spacing, f"{key} has its share under way")
        if len(standing.started) >= MAX_STARTS:
            self._drop_past_starts(standing)
        standing.started[source] = now
        standing.downloads.append(video_id)

    def _drop_past_starts(self, standing: _Standing) -> None:
        """Drop starts that delay nothing any more, whatever the submitter's part of all starts."""
        now, part = self._clock(), min(self._rules.percent / 100, 1 / len(self._seen))
        for source, began in list(standing.started.items()):
            if now - began >= self._rules.pause(source, part):
                del standing.started[source]

    async def _allotment(self, key: str) -> Allotment:
        """What a submitter may have now, depending on who else is present."""
        now, slots = self._clock(), self._rules.slots
        present = {other for other, at in self._seen.items() if now - at < PRESENT_SECONDS} | {key}
        standing = self._standings[key]
        if None not in present and now > standing.others[1]:
            standing.others = (await self._others_wait(key), self._clock() + ANSWER_LASTS_SECONDS)
        waiting = standing.others[0]
        if None in present or waiting is Others.UNLIMITED:
            return Allotment(1, self._rules.percent / 100)
        number = max(len(present), 1 if waiting is Others.NONE else 2)
        if number > 1:
            return Allotment(max(1, slots // number), 1 / number)
        return Allotment(max(1, slots - 1), 1)

    def _delayed(self, key: str, spacing: float, why: str) -> ShareExceeded:
        """The error that brings a message back after those that were delayed before it."""
        now, returns = self._clock(), self._standings[key].returns
        while returns and returns[0] <= now:
            heapq.heappop(returns)
        place = len(returns) + 1
        seconds = max(1.0, min(place * spacing, PRESENT_SECONDS), place / RETURNS_PER_SECOND)
        heapq.heappush(returns, now + seconds)
        return ShareExceeded(seconds, why)
