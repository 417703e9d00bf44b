"""The limits of each source: the pace of downloads, the budget of requests, and the latest answers.

An egress is the network identity of this process, shared with every scraper behind the same address. A refusal is a
request to rest (see `breaker`): nothing here circumvents it.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from services.scraper.sources.recent_sources import RecentSources
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE
from shared.catalog.connection import Catalog
from shared.catalog.operations import ledgers
from shared.errors import CatalogError, TryLater
from shared.logs import logger

log = logger(__name__)

#: Videos in a row whose media is refused with 403 before that counts as a refusal of the egress.
FORBIDDEN_IN_A_ROW = 3
#: Maximum requests reserved at once. Few, since the reservation of a scraper that dies stays counted.
MAX_BLOCK = 10
#: The budget has at least so many blocks, so that several scrapers can share a small budget.
BLOCK_SHARE = 50
#: Sources that /readyz names: those that were asked last.
MAX_DESCRIBED = 5
#: Seconds that a request waits for an unavailable database, then seconds until the work is tried again.
CATALOG_PATIENCE_SECONDS, CATALOG_PAUSE_SECONDS = 20, 10


@dataclass(frozen=True)
class Account:
    """Where the requests of an egress are recorded."""

    catalog: Catalog
    egress: str


class SourceLimits:
    """The pace, budget and latest answers of one source. Times are monotonic seconds."""

    def __init__(
        self, source: str, interval_seconds: float, requests_per_hour: int = 0, account: Account | None = None
    ) -> None:
        """`requests_per_hour`: budget of pages and calls, media not counted; 0: no limit. It needs an `account`."""
        self._source = source
        self._interval = interval_seconds
        self._budget = requests_per_hour if account is not None else 0
        self._account = account
        self._lock = asyncio.Lock()
        self._next_start = 0.0
        #: Requests that are reserved and not made yet, and until when they may be made.
        self._left, self._left_until = 0, 0.0
        #: Until when the budget is known to be spent.
        self._spent_until = 0.0
        #: Until when the database counts as unavailable.
        self._away_until = 0.0
        self._worked_at: float | None = None
        self._forbidden: set[str] = set()
        self._doubtful: set[str] = set()
        self._success = asyncio.Event()

    async def take_request(self) -> None:
        """Take one request from the budget. Raises TryLater if the hour's budget is spent."""
        metrics.SOURCE_REQUESTS.inc()
        if not self._budget:
            return
        async with self._lock:
            await self._refill()
            self._left -= 1

    def check_budget(self) -> None:
        """Raise TryLater if the hour's budget is known to be spent; this takes nothing from it."""
        left = self._spent_until - time.monotonic()
        if self._budget and left > 0:
            raise self._spent(left)

    async def _refill(self) -> None:
        """Reserve a block of requests if none is left. Raises TryLater."""
        now = time.monotonic()
        if self._left > 0 and now < self._left_until:
            return
        if now < self._spent_until:
            raise self._spent(self._spent_until - now)
        if now < self._away_until:
            raise TryLater(CATALOG_PAUSE_SECONDS, "the ledger of requests cannot be read")
        assert self._account is not None
        wanted = max(1, min(MAX_BLOCK, self._budget // BLOCK_SHARE))
        while True:
            try:
                reserved = await ledgers.reserve(
                    self._account.catalog, self._account.egress, self._source, wanted, self._budget
                )
                break
            except CatalogError as error:
                if time.monotonic() > now + CATALOG_PATIENCE_SECONDS:
                    # Requests that wait behind this one need not wait as long again.
                    self._away_until = time.monotonic() + CATALOG_PAUSE_SECONDS
                    why = f"the ledger of requests cannot be read: {error}"
                    raise TryLater(CATALOG_PAUSE_SECONDS, why) from error
                await asyncio.sleep(1)
        if self._source in KNOWN_SOURCES:
            metrics.BUDGET_LEFT.labels(self._source).set(reserved.left)
        if not reserved.granted:
            self._spent_until = time.monotonic() + reserved.seconds
            raise self._spent(reserved.seconds)
        self._left, self._left_until = reserved.granted, time.monotonic() + ledgers.BLOCK_SECONDS

    def _spent(self, seconds: float) -> TryLater:
        return TryLater(seconds + random.uniform(1, 60), f"the {self._budget} requests of this hour are spent")

    def describe(self) -> str:
        """The state of the budget, for people."""
        if not self._budget:
            return "no budget"
        left = self._spent_until - time.monotonic()
        return f"the {self._budget} requests of this hour are spent, for {left:.0f} s more" if left > 0 else "in budget"

    async def pace(self) -> None:
        """Wait until the next download may start: they start one by one, `interval` to twice that apart."""
        if not self._interval:
            return
        gap = self._interval * random.uniform(1, 2)
        start = max(time.monotonic(), self._next_start)
        if self._account is not None:
            try:
                wait = await ledgers.take_start(*self._shared(), gap)
                # Counted from the answer: the database read its clock after the question, by seconds if it is slow.
                start = max(start, time.monotonic() + wait)
            except CatalogError as error:
                # Meanwhile this process keeps its own pace.
                log.warning("pace.not_shared", source=self._source, error=str(error))
        self._next_start = start + gap
        await asyncio.sleep(max(0.0, start - time.monotonic()))

    def _shared(self) -> tuple[Catalog, str, str]:
        assert self._account is not None
        return self._account.catalog, self._account.egress, self._source

    def worked(self) -> None:
        """Note that the source served something: earlier doubts concerned the videos."""
        self._worked_at = time.monotonic()
        self._forbidden.clear()
        self._doubtful.clear()
        success, self._success = self._success, asyncio.Event()
        success.set()

    def worked_since(self, moment: float) -> bool:
        """Whether the source served something after a time of the monotonic clock."""
        return self._worked_at is not None and self._worked_at > moment

    async def works_within(self, seconds: float) -> bool:
        """Wait up to `seconds` for the source to serve something. Returns whether it did."""
        success = self._success
        try:
            async with asyncio.timeout(seconds):
                await success.wait()
        except TimeoutError:
            return False
        return True

    def forbidden_too_often(self, video_id: str) -> bool:
        """Note a 403 on a video's media. Returns whether so many videos in a row met one that the egress is refused."""
        self._forbidden.add(video_id)
        return len(self._forbidden) >= FORBIDDEN_IN_A_ROW

    def doubt(self, video_id: str) -> int:
        """Note an answer that concerns the video or this egress. Returns how many videos in a row met one."""
        self._doubtful.add(video_id)
        return len(self._doubtful)


class Sources:
    """The limits of every source: the refusal of one does not concern the others."""

    def __init__(
        self,
        youtube_seconds: float,
        other_seconds: float,
        requests_per_hour: int = 0,
        account: Account | None = None,
    ) -> None:
        """Seconds between two downloads of YouTube, and of any other source; the budget is that of each source."""
        self._seconds = {YOUTUBE: youtube_seconds}
        self._other_seconds = other_seconds
        self._budget = requests_per_hour
        self._account = account
        self._limits: RecentSources[SourceLimits] = RecentSources(self._made)

    async def describe(self) -> str:
        """The budget of each source asked last, for /readyz: a scraper that has spent it does nothing."""
        latest = sorted(list(self._limits)[-MAX_DESCRIBED:], key=lambda asked: asked[0] not in KNOWN_SOURCES)
        return ", ".join(f"{source}: {limits.describe()}" for source, limits in latest) or "nothing asked yet"

    def of(self, source: str) -> SourceLimits:
        """The limits of a source."""
        return self._limits.of(source)

    def _made(self, source: str) -> SourceLimits:
        seconds = self._seconds.get(source, self._other_seconds)
        return SourceLimits(source, seconds, self._budget, self._account)
