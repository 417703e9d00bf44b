"""The shares of a scraper that limited submitters have: no key decides how long the others wait.

While work of unlimited submitters waits or is under way, a limited submitter has one download at a time, and starts
downloads no more often than their share of the pace allows. While only limited submitters have work, they divide the
scraper among themselves. A single one may have all its videos but one in work, and limited submitters together all its
download slots but one: both are kept for whoever comes next.

Each limited submitter has one listing at a time, always. All of them together leave one place to unlimited submitters,
because a listing without an end keeps its place for long.

Excess work goes back uncharged through the delay tree, each message after those before it: the messages behind it in
the queue pass at once, and ten thousand messages do not come back every second. While nobody else waits and the queue
is short, it waits where it is instead: a place that gets free has its next video at once.

`request_shares` has the share of a source's hourly budget. The catalog says who submitted what, never a message.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

from services.scraper.sources.limits import Account
from services.scraper.sources.shares.queue_behind import QueueBehind
from services.scraper.sources.shares.request_shares import RequestShares
from services.scraper.sources.shares.share_rules import ShareRules
from services.scraper.sources.shares.standing import MAX_DELAY_SECONDS, Standing
from shared.addresses.sources import YOUTUBE
from shared.catalog.documents import Submitter
from shared.catalog.reports.progress import Others

#: Seconds for which a submitter counts as present after their last work: their delayed work has come back by then.
PRESENT_SECONDS = MAX_DELAY_SECONDS
#: Sources whose last start is kept for each submitter before starts that delay nothing any more are dropped.
MAX_STARTS = 100
#: Seconds for which the catalog's answer whether others wait is reused.
ANSWER_LASTS_SECONDS = 3
#: Seconds for which excess work waits where it is, at most. Its own attempt follows, and by default the broker takes a
#: message back that is not settled for half an hour.
IN_PLACE_SECONDS = 300
#: Whose share pays for crawls. No key of the API has such a name.
CRAWLS = "(crawls)"

#: Submitter's key → whose other work waits or is under way, by the catalog.
OthersWait = Callable[[str], Awaitable[Others]]


class Allotment(NamedTuple):
    """What one submitter has now: videos in work at once, and a part of all starts."""

    places: int
    part: float
    #: Whether nobody else is present or waits.
    alone: bool = False


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
        self._crawl_requests = RequestShares(account, self._rules.crawl_requests, clock)
        self._standings: defaultdict[str, Standing] = defaultdict(Standing)
        self._slots = asyncio.Semaphore(max(1, self._rules.slots - 1))
        #: The queue of videos; None: unknown, so that excess work always goes back.
        self.queue_behind: QueueBehind | None = None
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
            raise standing.delayed(self._clock(), standing.mean, f"{key} has one listing at a time")
        if sum(each.listings for each in self._standings.values()) >= self._rules.listings:
            raise standing.delayed(
                self._clock(), standing.mean, "a place for a listing is kept for unlimited submitters"
            )
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
        """Hold a place for a video from `source`, in all stages. Raises ShareExceeded."""
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
            standing.ended_after(self._clock() - began)
        finally:
            standing.ends(video_id)
            self._see(submitter)

    @contextmanager
    def probing(self, work_id: str, source: str) -> Iterator[None]:
        """Let the share of crawls pay for the requests of a task. Raises ShareExceeded if it is spent.

        `work_id`: belongs to the task alone.
        """
        self._crawl_requests.check(CRAWLS, source)
        with self._under_way(work_id, CRAWLS):
            yield

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

    @asynccontextmanager
    async def slot(self, video_id: str) -> AsyncIterator[None]:
        """Wait for one of the download slots that limited submitters may have, if one of them pays for the video."""
        if self._pays(video_id) is None:
            yield
            return
        async with self._slots:
            yield

    async def check(self, video_id: str) -> None:
        """Raise ShareExceeded if others came while this video waited for its slot, so that it is one too many now."""
        key = self._pays(video_id)
        if key is None or video_id not in self._standings[key].downloads:
            return
        allotment, standing = await self._allotment(key), self._standings[key]
        # It is gone if other work on the video ended meanwhile.
        if video_id in standing.downloads and standing.downloads.index(video_id) >= allotment.places:
            raise standing.delayed(self._clock(), standing.mean, f"others wait, and {key} has its share under way")

    async def take_request(self, work_id: str, source: str) -> None:
        """Take one request from the share that pays for a video or playlist. Raises ShareExceeded if it is spent."""
        key = self._pays(work_id)
        if key == CRAWLS:
            await self._crawl_requests.take(CRAWLS, source)
        elif key is not None and await self._requests.take(key, source) and work_id in self._asked:
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
        standing, came = self._standings[key], self._clock()
        while True:
            allotment = await self._allotment(key)
            # Nothing is awaited from here to the end of a turn that admits, so the counts stay valid.
            now, pause = self._clock(), self._rules.pause(source, allotment.part)
            too_soon = source in standing.started and now - standing.started[source] < pause
            too_many = len(standing.downloads) >= allotment.places
            if not too_soon and not too_many:
                break
            in_place = not too_soon and now - came < IN_PLACE_SECONDS and await self._may_wait(allotment)
            if not too_soon and len(standing.downloads) < allotment.places:
                continue  # One ended meanwhile.
            if not in_place:
                spacing = max(pause, standing.spacing(allotment.places))
                raise standing.delayed(self._clock(), spacing, f"{key} has its share under way")
            await standing.wait_for_end(ANSWER_LASTS_SECONDS)
        if len(standing.started) >= MAX_STARTS:
            # The smallest part that the submitter can have of all starts.
            standing.drop_past_starts(self._rules, min(self._rules.percent / 100, 1 / len(self._seen)), now)
        standing.began(source, video_id, now)

    async def _may_wait(self, allotment: Allotment) -> bool:
        """Whether excess work may wait in its place, because it is in nobody's way."""
        return allotment.alone and self.queue_behind is not None and await self.queue_behind.is_short()

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
        videos = max(self._rules.videos, slots) - 1
        return Allotment(max(1, videos // number, slots // number if number > 1 else 0), 1 / number, number == 1)
