"""Asks a witness of each source whose rest is over, each in its own task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from services.scraper.engines.work import Work
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import State
from services.scraper.sources.source_breaker import SourceBreaker
from shared.addresses.sources import KNOWN_SOURCES
from shared.errors import CatalogError
from shared.logs import logger

log = logger(__name__)

#: Maximum witnesses of strangers' hosts at once, since they use the workers of downloads.
STRANGERS_AT_ONCE = 1
#: The culprit's id if the witness itself was refused; a witness is under no suspicion.
WITNESS = "witness"
#: Errors that keep a witness from being found or asked.
NO_WITNESS: tuple[type[Exception], ...] = (CatalogError, OSError)

#: Returns whether a source serves this egress; None if no witness can tell.
SourceProbe = Callable[[str], Awaitable[bool | None]]


class WitnessProbes:
    """The witnesses that are being asked for one scraper."""

    def __init__(self, admission: Admission, probe: SourceProbe, answered: Callable[[], None]) -> None:
        """`answered`: called whenever a witness has answered, or could not."""
        self._admission = admission
        self._probe = probe
        self._answered = answered
        self._tasks: set[asyncio.Task[None]] = set()
        self._strangers = asyncio.Semaphore(STRANGERS_AT_ONCE)

    def start(self, breaker: SourceBreaker) -> None:
        """Start to ask a witness of a source that is half-open now."""
        # Strangers' witnesses may wait in a long line: work for their hosts need not wait with them.
        breaker.witness_asked = breaker.source in KNOWN_SOURCES
        task = asyncio.create_task(self._ask(breaker))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def cancel(self) -> None:
        """Cancel all questions."""
        for task in self._tasks:
            task.cancel()

    async def _ask(self, breaker: SourceBreaker) -> None:
        source, trips, reason, detail = breaker.source, breaker.trips, breaker.reason or "", breaker.detail or ""
        if source in KNOWN_SOURCES:
            served = await self._ask_now(breaker)
        else:
            async with self._strangers:
                if breaker.state is not State.HALF_OPEN or breaker.trips != trips or breaker.tried is not None:
                    return  # Work came meanwhile, and its result shows the same.
                served = await self._ask_now(breaker)
        if served is None or breaker.state is not State.HALF_OPEN or breaker.trips != trips:
            return
        if served:
            self._admission.worked(source, trips)
        else:
            # The witness was not refused before, so this is a further refusal.
            self._admission.refused(source, reason, detail, culprit=Work(WITNESS, source))

    async def _ask_now(self, breaker: SourceBreaker) -> bool | None:
        """The witness's answer; no other work for its source is tried meanwhile."""
        breaker.witness_asked = True
        try:
            return await self._probe(breaker.source)
        except NO_WITNESS as error:
            log.warning("witness.not_found", source=breaker.source, error=str(error))
            return None
        finally:
            breaker.witness_asked = False

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._answered()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("witness.failed", exc_info=error)
