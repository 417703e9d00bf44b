"""The witness: a stored video, requested again to find out whether a source refuses this egress or only one video."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from services.scraper.engines.values import Served, SourceRules
from services.scraper.engines.work import Work
from services.scraper.failures import OF_EGRESS, Evidence, classify
from services.scraper.sources.limits import Sources
from services.scraper.sources.recent_sources import RecentSources
from services.scraper.workers.pool import WorkerDied, Workers
from services.scraper.workspace.work_folder import WorkFolder
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES
from shared.addresses.video_addresses import asked_address
from shared.catalog.connection import Catalog
from shared.catalog.videos.suspicions import known_good
from shared.contracts.reasons import Reason
from shared.errors import Misconfigured
from shared.logs import logger

log = logger(__name__)

#: Videos requested one after the other until one gives a clear answer: any of them may be gone by now.
MAX_WITNESSES = 3
#: Time limits of a witness in seconds: usually, and for a stranger's host, which may be slow on purpose.
WITNESS_SECONDS, STRANGERS_SECONDS = 120, 30

#: The rules for requests on behalf of a video.
RulesFor = Callable[[Work], SourceRules]


@dataclass
class _Answer:
    """The last answer of a source's witness."""

    #: When it was requested (monotonic seconds).
    asked_at: float = float("-inf")
    served: bool | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Witness:
    """Requests stored videos, one at a time for each source. Concurrent callers share the answer."""

    def __init__(
        self,
        catalog: Catalog,
        workers: Workers,
        work_folder: WorkFolder,
        sources: Sources,
        rules_for: RulesFor,
        interval_seconds: float,
    ) -> None:
        """`interval_seconds`: minimum pause between two requests for a witness of one source; earlier callers wait."""
        self._interval = interval_seconds
        self._catalog = catalog
        self._workers = workers
        self._work_folder = work_folder
        self._sources = sources
        self._rules_for = rules_for
        self._stranger_asked = asyncio.Lock()
        self._answers: RecentSources[_Answer] = RecentSources(lambda _: _Answer())

    async def serves(self, source: str, since: float) -> bool | None:
        """Whether the source serves this egress, by an answer requested after `since` (monotonic seconds).

        None: no witness can tell, because nothing of the source is stored, or its stored videos are gone there.
        Raises the catalog's errors.
        """
        answer = self._answers.of(source)
        async with answer.lock:
            if answer.asked_at < since:
                await asyncio.sleep(max(0.0, answer.asked_at + self._interval - time.monotonic()))
                answer.asked_at = time.monotonic()
                answer.served = await self._ask(source)
                metrics.WITNESSES.labels({True: "served", False: "refused", None: "none"}[answer.served]).inc()
                log.info("witness.asked", source=source, served=answer.served)
        if answer.served:
            self._sources.of(source).worked()
        return answer.served

    async def try_again(self, work: Work, url: str) -> Served | Evidence | None:
        """Request a video again without keeping anything. Returns None if that is impossible now."""
        async with self._work_folder.fresh() as folder:
            try:
                rules = replace(self._rules_for(work), video_id=work.id)
                seconds = WITNESS_SECONDS if work.source in KNOWN_SOURCES else STRANGERS_SECONDS
                return await self._workers.try_out(asked_address(work.id, url), folder, rules, seconds)
            except (WorkerDied, OSError, Misconfigured) as error:
                log.warning("witness.not_asked", video_id=work.id, error=str(error))
                return None

    async def _ask(self, source: str) -> bool | None:
        """Request witnesses. Only a clear refusal counts, or two doubtful ones: a video may be gone, and networks fail.

        Strangers' hosts are asked one at a time, and only by idle workers.
        """
        if source in KNOWN_SOURCES:
            return await self._ask_stored(source)
        if self._stranger_asked.locked():
            return None
        async with self._stranger_asked:
            return await self._ask_stored(source)

    async def _ask_stored(self, source: str) -> bool | None:
        doubtful = 0
        for video in await known_good(self._catalog, source, MAX_WITNESSES):
            if source not in KNOWN_SOURCES and not self._workers.has_idle:
                return None
            result = await self.try_again(Work(video["_id"], source), video["url"])
            if result is None or (isinstance(result, Evidence) and result.not_permitted is not None):
                return None
            if isinstance(result, Served):
                return True
            failure = classify(result, datetime.now(UTC))
            if failure.failure_class in OF_EGRESS or failure.reason == Reason.FORBIDDEN:
                return False
            doubtful += failure.reason == Reason.UNAVAILABLE
        return False if doubtful > 1 else None
