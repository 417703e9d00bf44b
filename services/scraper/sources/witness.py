"""The witness: a stored video is asked for once more, to tell if a source refuses this egress or one video alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from services.scraper.engines.values import Served, SourceRules
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence, classify
from services.scraper.sources.limits import Sources
from services.scraper.sources.recent import Recent
from services.scraper.workers.pool import WorkerDied, Workers
from services.scraper.workspace.work_folder import WorkFolder
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES
from shared.addresses.video_addresses import asked_address
from shared.catalog.connection import Catalog
from shared.catalog.videos.suspicions import known_good
from shared.errors import FailureClass, Misconfigured
from shared.logs import logger

log = logger(__name__)

#: Videos asked one after the other, until one gives a clear answer: any of them may be gone by now.
MAX_WITNESSES = 3
#: Seconds that one witness may take; and one of a stranger's host, which may be slow on purpose.
WITNESS_SECONDS, STRANGERS_SECONDS = 120, 30

#: Rules for asking on account of a video.
RulesFor = Callable[[Work], SourceRules]


@dataclass
class _Answer:
    """What came of the last question to a source's witness."""

    #: When it was asked (monotonic).
    asked_at: float = float("-inf")
    served: bool | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Witness:
    """Asks for stored videos, one question a source at a time. Whoever asks meanwhile shares the answer."""

    def __init__(
        self,
        catalog: Catalog,
        workers: Workers,
        work_folder: WorkFolder,
        sources: Sources,
        rules_for: RulesFor,
        interval_seconds: float,
    ) -> None:
        """`interval_seconds`: between two questions at least; whoever asks sooner waits."""
        self._interval = interval_seconds
        self._catalog = catalog
        self._workers = workers
        self._work_folder = work_folder
        self._sources = sources
        self._rules_for = rules_for
        self._stranger_asked = asyncio.Lock()
        self._answers: Recent[_Answer] = Recent(lambda _: _Answer())

    async def serves(self, source: str, since: float) -> bool | None:
        """Whether the source serves this egress, by an answer asked for after `since` (monotonic).

        None: nobody can tell, since nothing of it is stored yet or what is stored is gone there.
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
        """Ask for a video once more, without keeping anything; None if that could not be done now."""
        async with self._work_folder.fresh() as folder:
            try:
                rules = replace(self._rules_for(work), video_id=work.id)
                seconds = WITNESS_SECONDS if work.source in KNOWN_SOURCES else STRANGERS_SECONDS
                return await self._workers.try_out(asked_address(work.id, url), folder, rules, seconds)
            except (WorkerDied, OSError, Misconfigured) as error:
                log.warning("witness.not_asked", video_id=work.id, error=str(error))
                return None

    async def _ask(self, source: str) -> bool | None:
        """Only a clear refusal counts, or two doubtful ones: a witness may be gone by now, and networks fail.

        Of strangers' hosts one is asked at a time, and only by workers that have nothing else to do.
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
            if failure.failure_class in (FailureClass.EGRESS, FailureClass.IDENTITY) or failure.reason == "forbidden":
                return False
            doubtful += failure.reason == "unavailable"
        return False if doubtful > 1 else None
