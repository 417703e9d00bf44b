"""The share of each submitter who is limited: no key decides how long the others wait.

While work of those who are not limited waits or is under way, a submitter who is has one download at a time, begun no
more often than their share of the pace allows. Among themselves, those who are limited divide what there is. Alone, one
may use all but one of the places, which is for whoever comes next. Of listings each has one at a time, always, and all
of them together leave a place to those who are not limited: one without an end would keep its place for long.

What exceeds that goes back uncharged through the delay tree, the k-th message k times as long as the first: whatever is
behind it in the queue passes at once, and ten thousand messages do not come back every second.

Of a source's hourly budget a submitter may use their share and no more, whoever else is there: see `catalog.ledgers`.
Who submitted what comes from the catalog, never from a message.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from services.scraper.sources.limits import Account
from shared.addresses.sources import YOUTUBE
from shared.catalog.documents import Submitter
from shared.catalog.operations import ledgers
from shared.catalog.reports.progress import Others
from shared.errors import TryLater

#: Seconds for which others who were seen count as there, and within which work that went back is looked at again.
LOOK_AGAIN_SECONDS = 60
#: Messages of one submitter that come back in a second at most, however many there are.
RETURNS_PER_SECOND = 20
#: Seconds for which the catalog's answer whether others wait is good enough.
ANSWER_LASTS_SECONDS = 3
#: A pause between downloads is anything from once to twice the setting: so much on average.
MEAN_PAUSE = 1.5
#: Requests of a share reserved at once, as a part of it and at most.
BLOCK_SHARE, MAX_BLOCK = 50, 10
#: Reservations that are kept before those that are over are looked for.
MAX_BLOCKS = 1000
#: Sources of which one submitter's last start is kept before those are looked for that hold nothing back any more.
MAX_STARTS = 100
#: Weight of the last download in the mean of how long one takes.
_WEIGHT = 0.2

#: Whose work, other than that of a key, waits or is under way, as the catalog knows.
OthersWait = Callable[[str], Awaitable[Others]]


class NotYet(TryLater):
    """A submitter has what is theirs for now; the work goes back uncharged."""


@dataclass(frozen=True)
class Rules:
    """What a limited submitter may have."""

    #: Of a source's hourly budget, and of the starts of downloads while others wait.
    percent: float = 100
    #: Downloads that this scraper makes at once.
    slots: int = 1
    #: Requests of an hour that may be asked of each source; 0: any number.
    budget: int = 0
    #: Seconds between two starts of downloads, by source; the last one is for all others.
    intervals: tuple[tuple[str, float], ...] = (("", 0.0),)
    #: Listings for those who are limited that this scraper makes at once.
    listings: int = 1

    def pause(self, source: str, part: float) -> float:
        """Seconds between two starts of downloads for whoever has a `part` of them."""
        seconds = next((s for name, s in self.intervals if name == source), self.intervals[-1][1])
        return seconds * MEAN_PAUSE / part


class Room(NamedTuple):
    """What one submitter has now."""

    #: Downloads at once, and their part of all starts.
    places: int
    part: float


@dataclass
class _Standing:
    """What one submitter has under way. Times are monotonic seconds."""

    #: Ids of videos, the longest under way first; and how many listings.
    downloads: list[str] = field(default_factory=list)
    listings: int = 0
    #: By source: when the last download began.
    started: dict[str, float] = field(default_factory=dict)
    #: Seconds that one takes.
    mean: float = 1.0
    #: When those come back that went back.
    returns: list[float] = field(default_factory=list)
    #: Who else waits, as the catalog said, and until when that is good enough.
    others: tuple[Others, float] = (Others.NONE, 0.0)


@dataclass
class _Block:
    """Requests of a share that are reserved and not made yet, and until when; or until when the share is spent."""

    left: int = 0
    until: float = 0.0
    spent_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


async def _nobody(_: str) -> Others:
    return Others.NONE


class Shares:
    """Who has what under way at this scraper. One for a process."""

    def __init__(
        self,
        rules: Rules | None = None,
        others_wait: OthersWait = _nobody,
        account: Account | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules or Rules()
        self._others_wait = others_wait
        self._account = account
        self._clock = clock
        self._standings: defaultdict[str, _Standing] = defaultdict(_Standing)
        #: Key → when work of theirs was last seen; None: of those who are not limited.
        self._seen: dict[str | None, float] = {}
        #: Id → whose each work on it is; None: of nobody limited. A playlist of one video has that video's id, and a
        #: video may be asked for twice.
        self._whose: defaultdict[str, list[str | None]] = defaultdict(list)
        self._blocks: defaultdict[tuple[str, str], _Block] = defaultdict(_Block)
        #: Id of a listing under way for somebody limited → requests that it has made out of their share.
        self._asked: dict[str, int] = {}

    @asynccontextmanager
    async def listing(
        self, playlist_id: str, submitter: Submitter | None, source: str = YOUTUBE
    ) -> AsyncIterator[None]:
        """Hold a place for a listing. `source`: whom it asks. Raises NotYet."""
        key = self._see(submitter)
        if key is None:
            with self._under_way(playlist_id, None):
                yield
            return
        self._check_share(key, source)
        standing = self._standings[key]
        if standing.listings:
            raise self._back(key, standing.mean, f"{key} has one listing at a time")
        if sum(each.listings for each in self._standings.values()) >= self._rules.listings:
            raise self._back(key, standing.mean, "a place for a listing is kept for those who are not limited")
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
        """Hold a place for a download. `source`: whom it asks. Raises NotYet."""
        key = self._see(submitter)
        if key is None:
            try:
                with self._under_way(video_id, None):
                    yield
            finally:
                self._see(submitter)
            return
        self._check_share(key, source)
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
        self._whose[id_].append(key)
        try:
            yield
        finally:
            self._whose[id_].remove(key)
            if not self._whose[id_]:
                del self._whose[id_]

    def _pays(self, id_: str) -> str | None:
        """Whose share work on something is out of; nobody's while somebody works on it who is not limited."""
        keys = self._whose.get(id_, [None])
        return None if None in keys else keys[0]

    async def check(self, video_id: str) -> None:
        """Raise NotYet if others came while this one waited for its turn, so that it is one too many now."""
        key = self._pays(video_id)
        if key is None or video_id not in self._standings[key].downloads:
            return
        room, standing = await self._room(key), self._standings[key]
        # Gone, if another work on it came to its end meanwhile.
        if video_id in standing.downloads and standing.downloads.index(video_id) >= room.places:
            raise self._back(key, standing.mean, f"others wait, and {key} has its share under way")

    async def take_request(self, work_id: str, source: str) -> None:
        """Take one request from the share of whoever submitted what is worked on. Raises TryLater if it is spent."""
        key = self._pays(work_id)
        if key is None or not self._rules.budget or self._account is None:
            return
        if len(self._blocks) > MAX_BLOCKS:
            self._forget()
        block = self._blocks[key, source]
        async with block.lock:
            self._check_share(key, source)
            if block.left <= 0 or self._clock() > block.until:
                await self._reserve(key, source, block)
            block.left -= 1
        if work_id in self._asked:
            self._asked[work_id] += 1

    @property
    def requests(self) -> int:
        """Requests of an hour that each limited submitter may ask of a source; 0: any number."""
        return max(1, int(self._rules.budget * self._rules.percent / 100)) if self._rules.budget else 0

    def asked_by(self, playlist_id: str) -> int:
        """Requests that a listing under way for somebody limited has made out of their share."""
        return self._asked.get(playlist_id, 0)

    def is_spent(self, key: str) -> bool:
        """Whether somebody's share of any source is known to be spent."""
        now = self._clock()
        return any(whose == key and block.spent_until > now for (whose, _), block in self._blocks.items())

    def _forget(self) -> None:
        """Drop what is over: strangers can bring any number of hosts."""
        now = self._clock()
        for whose, block in list(self._blocks.items()):
            if block.until < now and block.spent_until < now and not block.lock.locked():
                del self._blocks[whose]

    async def _reserve(self, key: str, source: str, block: _Block) -> None:
        assert self._account is not None
        wanted = max(1, min(MAX_BLOCK, self.requests // BLOCK_SHARE))
        share = ledgers.Share(key, self.requests)
        reserved = await ledgers.reserve_share(self._account.catalog, self._account.egress, source, share, wanted)
        if not reserved.granted:
            block.spent_until = self._clock() + reserved.seconds
            raise self._spent(key, reserved.seconds)
        block.left, block.until = reserved.granted, self._clock() + ledgers.BLOCK_SECONDS

    def _check_share(self, key: str, source: str) -> None:
        block = self._blocks.get((key, source))
        left = block.spent_until - self._clock() if block is not None else 0
        if left > 0:
            raise self._spent(key, left)

    def _spent(self, key: str, seconds: float) -> NotYet:
        why = f"the share of {key} of this hour's requests is spent"
        return NotYet(seconds + random.uniform(1, LOOK_AGAIN_SECONDS), why)

    def _see(self, submitter: Submitter | None) -> str | None:
        """Note that work of somebody is there. Returns their key if they are limited."""
        key = submitter["key"] if submitter is not None and submitter["limited"] else None
        self._seen[key] = self._clock()
        return key

    async def _admit(self, key: str, video_id: str, source: str) -> None:
        room = await self._room(key)
        # From here on nothing is waited for: what is counted is so.
        standing, now = self._standings[key], self._clock()
        pause = self._rules.pause(source, room.part)
        too_soon = source in standing.started and now - standing.started[source] < pause
        if len(standing.downloads) >= room.places or too_soon:
            spacing = max(pause, standing.mean / room.places)
            raise self._back(key, spacing, f"{key} has its share under way")
        if len(standing.started) >= MAX_STARTS:
            self._forget_starts(standing)
        standing.started[source] = now
        standing.downloads.append(video_id)

    def _forget_starts(self, standing: _Standing) -> None:
        """Drop the starts that hold nothing back any more, with whatever part of all starts."""
        now, part = self._clock(), min(self._rules.percent / 100, 1 / len(self._seen))
        for source, began in list(standing.started.items()):
            if now - began >= self._rules.pause(source, part):
                del standing.started[source]

    async def _room(self, key: str) -> Room:
        """What a submitter may have now, as others are there or not."""
        now, slots = self._clock(), self._rules.slots
        there = {other for other, at in self._seen.items() if now - at < LOOK_AGAIN_SECONDS} | {key}
        standing = self._standings[key]
        if None not in there and now > standing.others[1]:
            standing.others = (await self._others_wait(key), self._clock() + ANSWER_LASTS_SECONDS)
        waiting = standing.others[0]
        if None in there or waiting is Others.UNLIMITED:
            return Room(1, self._rules.percent / 100)
        number = max(len(there), 1 if waiting is Others.NONE else 2)
        if number > 1:
            return Room(max(1, slots // number), 1 / number)
        return Room(max(1, slots - 1), 1)

    def _back(self, key: str, spacing: float, why: str) -> NotYet:
        """Let a message come back in its turn behind those that went back before it."""
        now, returns = self._clock(), self._standings[key].returns
        while returns and returns[0] <= now:
            heapq.heappop(returns)
        place = len(returns) + 1
        seconds = max(1.0, min(place * spacing, LOOK_AGAIN_SECONDS), place / RETURNS_PER_SECOND)
        heapq.heappush(returns, now + seconds)
        return NotYet(seconds, why)
