"""The witness: a stored video is asked for once more, to tell if a source refuses this egress or one video alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from services.scraper.egress import Sources
from services.scraper.failures import Evidence, classify
from services.scraper.work_folder import WorkFolder
from services.scraper.workers import WorkerDied, Workers
from services.scraper.ytdlp_values import Served, SourceRules
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.suspicions import known_good
from shared.contracts.video_addresses import asked_address
from shared.errors import FailureClass, Misconfigured
from shared.logs import logger

log = logger(__name__)

#: Videos asked one after the other, until one gives a clear answer: any of them may be gone by now.
MAX_WITNESSES = 3
#: Seconds that one witness may take.
WITNESS_SECONDS = 120

#: Rules for asking on account of a video.
RulesFor = Callable[[str], SourceRules]


class Witness:
    """Asks for stored videos, one question at a time. Whoever asks meanwhile shares the answer."""

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
        self._lock = asyncio.Lock()
        #: Source → when its last witness was asked for (monotonic), and what came of it.
        self._answers: dict[str, tuple[float, bool | None]] = {}

    async def serves(self, source: str, since: float) -> bool | None:
        """Whether the source serves this egress, by an answer asked for after `since` (monotonic).

        None: nobody can tell, since nothing of it is stored yet or what is stored is gone there.
        """
        async with self._lock:
            asked_at, answer = self._answers.get(source, (float("-inf"), None))
            if asked_at < since:
                await asyncio.sleep(max(0.0, asked_at + self._interval - time.monotonic()))
                asked_at = time.monotonic()
                answer = await self._ask(source)
                self._answers[source] = (asked_at, answer)
                metrics.WITNESSES.labels({True: "served", False: "refused", None: "none"}[answer]).inc()
                log.info("witness.asked", source=source, served=answer)
        if answer:
            self._sources.of(f"{source}:").worked()
        return answer

    async def try_again(self, video_id: str, url: str) -> Served | Evidence | None:
        """Ask for a video once more, without keeping anything; None if that could not be done now."""
        async with self._work_folder.fresh() as folder:
            try:
                rules = replace(self._rules_for(video_id), video_id=video_id)
                return await self._workers.try_out(asked_address(video_id, url), folder, rules, WITNESS_SECONDS)
            except (WorkerDied, OSError, Misconfigured) as error:
                log.warning("witness.not_asked", video_id=video_id, error=str(error))
                return None

    async def _ask(self, source: str) -> bool | None:
        """Only a clear refusal counts, or two doubtful ones: a witness may be gone by now, and networks fail."""
        doubtful = 0
        for video in await known_good(self._catalog, source, MAX_WITNESSES):
            result = await self.try_again(video["_id"], video["url"])
            if result is None or (isinstance(result, Evidence) and result.not_permitted is not None):
                return None
            if isinstance(result, Served):
                return True
            failure = classify(result, datetime.now(UTC))
            if failure.failure_class in (FailureClass.EGRESS, FailureClass.IDENTITY) or failure.reason == "forbidden":
                return False
            doubtful += failure.reason == "unavailable"
        return False if doubtful > 1 else None
