"""How this scraper stands with its sources: the pace of its downloads, its budget, and what lately worked.

An egress is the network identity of this process, shared with every scraper behind the same address. A refusal is a
request to rest (see `breaker`): nothing here gets around it.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from services.scraper.sources.recent import Recent
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE
from shared.catalog.connection import Catalog
from shared.catalog.operations import ledgers
from shared.errors import CatalogError, TryLater
from shared.logs import logger

log = logger(__name__)

#: Videos in a row whose media is refused with 403 before that is no longer taken for chance.
FORBIDDEN_IN_A_ROW = 3
#: Requests reserved at once: few, since what a scraper that dies has reserved stays counted.
MAX_BLOCK = 10
#: Part of the budget that one block may be, so that several scrapers share a small one.
BLOCK_SHARE = 50
#: Sources that /readyz names: those that were asked last.
MAX_NOTED = 5
#: Seconds for which a request waits for a database that is away, then the pause until the work is tried again.
CATALOG_PATIENCE_SECONDS, CATALOG_PAUSE_SECONDS = 20, 10


@dataclass(frozen=True)
class Account:
    """Where the requests of an egress are written down."""

    catalog: Catalog
    egress: str


class SourceLimits:
    """The pace, budget and standing of one egress with one source. Times are monotonic seconds."""

    def __init__(
        self, source: str, interval_seconds: float, requests_per_hour: int = 0, account: Account | None = None
    ) -> None:
        """`requests_per_hour`: the budget for pages and calls, media not counted; 0: none. It needs an `account`."""
        self._source = source
        self._interval = interval_seconds
        self._budget = requests_per_hour if account is not None else 0
        self._account = account
        self._lock = asyncio.Lock()
        self._next_start = 0.0
        #: Requests that are reserved and not made yet, and until when they may be.
        self._left, self._left_until = 0, 0.0
        #: Until when there is none, as far as is known.
        self._spent_until = 0.0
        #: Until when the database is taken to be away.
        self._away_until = 0.0
        self._worked_at: float | None = None
        self._forbidden: set[str] = set()
        self._doubtful: set[str] = set()
        self._success = asyncio.Event()

    async def take_request(self) -> None:
        """Take one request from the budget. Raises TryLater if this hour's are spent."""
        metrics.SOURCE_REQUESTS.inc()
        if not self._budget:
            return
        async with self._lock:
            await self._refill()
            self._left -= 1

    def check_budget(self) -> None:
        """Raise TryLater if it is known that this hour's requests are spent; what comes later is no worse for it."""
        left = self._spent_until - time.monotonic()
        if self._budget and left > 0:
            raise self._spent(left)

    async def _refill(self) -> None:
        """Have at least one request reserved. Raises TryLater."""
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
                    # Whoever waits behind this one need not wait as long again.
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

    def note(self) -> str:
        """How the budget stands, for people."""
        if not self._budget:
            return "no budget"
        left = self._spent_until - time.monotonic()
        return f"the {self._budget} requests of this hour are spent, for {left:.0f} s yet" if left > 0 else "in budget"

    async def pace(self) -> None:
        """Return when the next download may start: one by one, `interval` to twice that apart."""
        if not self._interval:
            return
        gap = self._interval * random.uniform(1, 2)
        now = time.monotonic()
        start = max(now, self._next_start)
        if self._account is not None:
            try:
                start = max(start, now + await ledgers.take_start(*self._shared(), gap))
            except CatalogError as error:
                # This process keeps its own pace meanwhile.
                log.warning("pace.not_shared", source=self._source, error=str(error))
        self._next_start = start + gap
        await asyncio.sleep(max(0.0, start - time.monotonic()))

    def _shared(self) -> tuple[Catalog, str, str]:
        assert self._account is not None
        return self._account.catalog, self._account.egress, self._source

    def worked(self) -> None:
        """Something was served: what was in doubt before was about the videos."""
        self._worked_at = time.monotonic()
        self._forbidden.clear()
        self._doubtful.clear()
        success, self._success = self._success, asyncio.Event()
        success.set()

    def worked_since(self, moment: float) -> bool:
        """Whether something was served after a moment of the monotonic clock."""
        return self._worked_at is not None and self._worked_at > moment

    async def works_within(self, seconds: float) -> bool:
        """Wait up to `seconds` for something to be served. Returns whether it was."""
        success = self._success
        try:
            async with asyncio.timeout(seconds):
                await success.wait()
        except TimeoutError:
            return False
        return True

    def forbidden_too_often(self, video_id: str) -> bool:
        """Note a 403 on a video's media. True: so many videos in a row met one that it is about this egress."""
        self._forbidden.add(video_id)
        return len(self._forbidden) >= FORBIDDEN_IN_A_ROW

    def doubt(self, video_id: str) -> int:
        """Note an answer that may be about the video or about this egress. Returns how many videos met one in a row."""
        self._doubtful.add(video_id)
        return len(self._doubtful)


class Sources:
    """How this process stands with each source: what one of them refuses or limits is nothing to the others."""

    def __init__(
        self,
        youtube_seconds: float,
        other_seconds: float,
        requests_per_hour: int = 0,
        account: Account | None = None,
    ) -> None:
        """Pauses between two downloads of YouTube and of any other source; the budget is for each source."""
        self._seconds = {YOUTUBE: youtube_seconds}
        self._other_seconds = other_seconds
        self._budget = requests_per_hour
        self._account = account
        self._egresses: Recent[SourceLimits] = Recent(self._made)

    async def note(self) -> str:
        """How each source's budget stands, for /readyz: a scraper that has spent it stands still."""
        lately = sorted(list(self._egresses)[-MAX_NOTED:], key=lambda asked: asked[0] not in KNOWN_SOURCES)
        return ", ".join(f"{source}: {egress.note()}" for source, egress in lately) or "nothing asked yet"

    def of(self, source: str) -> SourceLimits:
        """The standing with a source."""
        return self._egresses.of(source)

    def _made(self, source: str) -> SourceLimits:
        seconds = self._seconds.get(source, self._other_seconds)
        return SourceLimits(source, seconds, self._budget, self._account)
