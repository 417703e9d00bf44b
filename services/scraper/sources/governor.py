"""Moves the breakers on, and lets the consumers take what they allow: everything, one video at a time, or nothing.

While the storage rests, or all that may be asked, no message comes, so that other scrapers get them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import IntEnum

from services.scraper.engines.work import Work
from services.scraper.sources.admission import Intake
from services.scraper.sources.breaker import Breaker, State
from services.scraper.sources.shared_breakers import SharedBreakers, moment
from services.scraper.sources.source_breaker import SourceBreaker
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES, OTHER, YOUTUBE
from shared.catalog.documents import Breaker as StoredBreaker
from shared.errors import BrokerUnavailable, CatalogError
from shared.logs import logger
from shared.messaging.consumer import Consumer

log = logger(__name__)

#: Seconds between two looks at what a person wishes, and at a broker or database that was away.
LOOK_EVERY_SECONDS = 2
#: Seconds between two looks whether another scraper behind the same egress was refused.
FOLLOW_EVERY_SECONDS = 5
#: Seconds after which a stranger's host that nobody asks any more is no longer waited for (24 h).
FORGET_SECONDS = 86_400
#: Witnesses of strangers' hosts that are looked for at once: they take what downloads workers.
STRANGERS_AT_ONCE = 1

#: What is wrong yet; None if nothing is.
Probe = Callable[[], Awaitable[str | None]]
#: What may keep a witness from being found or asked.
NO_WITNESS: tuple[type[Exception], ...] = (CatalogError, OSError)
#: Whether a source serves this egress; None where nobody can tell.
SourceProbe = Callable[[str], Awaitable[bool | None]]
#: Hears of the videos and playlists over which a breaker opened, when something else was served after all.
Contradicted = Callable[[Collection[str]], Awaitable[None]]

#: What stands for the witness among those that were refused: it is under no suspicion.
WITNESS = "witness"
_NUMBERS = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}


class Level(IntEnum):
    """How much is taken."""

    NOTHING = 0
    ONE = 1
    ALL = 2


class Governor:
    """Looks after the breakers of one scraper."""

    def __init__(
        self,
        intake: Intake,
        shared: SharedBreakers,
        storage_probe: Probe,
        source_probe: SourceProbe | None = None,
        contradicted: Contradicted | None = None,
    ) -> None:
        """`storage_probe`: None if storage works again; it takes the place of a half-open try."""
        self._intake = intake
        self._shared = shared
        self._storage_probe = storage_probe
        self._source_probe = source_probe
        self._contradicted = contradicted
        self._witnesses: set[asyncio.Task[None]] = set()
        self._strangers = asyncio.Semaphore(STRANGERS_AT_ONCE)
        self._changed = asyncio.Event()
        self._level = Level.ALL
        #: Of the consumers while half-open.
        self._turn = 0
        intake.changed = self._changed.set

    async def restore(self) -> None:
        """Take up the state in which the last process of this egress ended."""
        for stored in await self._shared.left_behind():
            source = stored.get("source") or YOUTUBE
            breaker = self._intake.sources.of(source)
            breaker.state, breaker.reason, breaker.detail = State(stored["state"]), stored["reason"], stored["detail"]
            breaker.since, breaker.rest = stored["since"].timestamp(), stored["rest_seconds"]
            breaker.until = stored["until"].timestamp() if stored["until"] is not None else None
            breaker.culprits, breaker.of_videos = set(stored.get("culprits", ())), stored.get("of_videos", True)
            log.warning("breaker.restored", source=source, state=breaker.state, reason=breaker.reason)

    async def govern(self, consumers: Sequence[Consumer]) -> None:
        """For ever: let the consumers take what the breakers allow, and tell everybody the breakers' state."""
        try:
            while True:
                self._changed.clear()
                stored = await self._shared.read()
                self._follow(stored)
                await self._move_on(stored)
                await self._contradict()
                await self._apply(consumers)
                await self._show()
                try:
                    async with asyncio.timeout(self._seconds_until_next_look()):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            for task in self._witnesses:
                task.cancel()

    def _seconds_until_next_look(self) -> float:
        breakers = [self._intake.storage, *(breaker for _, breaker in self._intake.sources)]
        if all(breaker.state is State.CLOSED for breaker in breakers):
            return FOLLOW_EVERY_SECONDS
        ends = [breaker.until - time.time() for breaker in breakers if breaker.until is not None]
        return max(0.0, min([LOOK_EVERY_SECONDS, *ends]))

    def _follow(self, stored: dict[str, StoredBreaker]) -> None:
        """Rest with whoever shares this egress: the source counts the address, not the process."""
        for source, found in self._shared.met_by_others(stored, moment(time.time())):
            until = found["until"].timestamp() if found["until"] is not None else None
            breaker = self._intake.sources.of(source)
            if breaker is not self._intake.sources.known(source):
                continue  # There are too many of its domain to keep it.
            followed = breaker.follow(
                found["reason"],
                found["detail"],
                found["since"].timestamp(),
                until,
                found["rest_seconds"],
                found.get("culprits", ()),
                of_videos=found.get("of_videos", True),
            )
            if followed:
                log.warning("breaker.followed", source=source, scraper=found["scraper"], reason=found["reason"])

    async def _move_on(self, stored: dict[str, StoredBreaker]) -> None:
        """End the rests that are over, by the clock or by a person's wish."""
        now = time.time()
        if self._may_be_tried(self._intake.storage, stored, now):
            await self._try_storage()
        for source, breaker in self._intake.sources:
            if self._may_be_tried(breaker, stored, now):
                self._try_source(source, breaker)
            elif source not in KNOWN_SOURCES and breaker.nothing_came(now, FORGET_SECONDS):
                breaker.close(now)

    def _may_be_tried(self, breaker: Breaker, stored: dict[str, StoredBreaker], now: float) -> bool:
        return breaker.state is State.OPEN and (breaker.rest_is_over(now) or self._shared.is_wished(breaker, stored))

    async def _try_storage(self) -> None:
        storage = self._intake.storage
        problem = await self._storage_probe()
        storage.half_open(time.time())
        if problem is not None:
            storage.trip(time.time(), storage.reason or "", problem)
        else:
            storage.close(time.time())
            log.info("breaker.closed", kind=storage.kind)

    def _try_source(self, source: str, breaker: SourceBreaker) -> None:
        """A rest is over: judge the source by a witness if there is one, else by what is taken next."""
        breaker.half_open(time.time())
        log.info("breaker.half_open", kind=breaker.kind, source=source)
        if self._source_probe is not None:
            # A stranger's waits in a line of any length: its work need not wait with it.
            breaker.witness_asked = source in KNOWN_SOURCES
            task = asyncio.create_task(self._ask_witness(self._source_probe, breaker))
            self._witnesses.add(task)
            task.add_done_callback(self._witness_answered)

    async def _ask_witness(self, probe: SourceProbe, breaker: SourceBreaker) -> None:
        source, trips, reason, detail = breaker.source, breaker.trips, breaker.reason or "", breaker.detail or ""
        if source in KNOWN_SOURCES:
            served = await self._answered(probe, breaker)
        else:
            async with self._strangers:
                if breaker.state is not State.HALF_OPEN or breaker.trips != trips or breaker.tried is not None:
                    return  # Work has come meanwhile, which tells as much.
                served = await self._answered(probe, breaker)
        if served is None or breaker.state is not State.HALF_OPEN or breaker.trips != trips:
            return
        if served:
            self._intake.worked(source, trips)
        else:
            # The witness has done nothing wrong before: it is one more that is refused.
            self._intake.refused(source, reason, detail, culprit=Work(WITNESS, source))

    async def _answered(self, probe: SourceProbe, breaker: SourceBreaker) -> bool | None:
        """What a witness says; nothing else of its source is tried meanwhile."""
        breaker.witness_asked = True
        try:
            return await probe(breaker.source)
        except NO_WITNESS as error:
            log.warning("witness.not_found", source=breaker.source, error=str(error))
            return None
        finally:
            breaker.witness_asked = False

    def _witness_answered(self, task: asyncio.Task[None]) -> None:
        self._witnesses.discard(task)
        self._changed.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("witness.failed", exc_info=error)

    async def _contradict(self) -> None:
        """Write down over whom a breaker opened though it was about them alone."""
        noted = frozenset(self._intake.to_contradict)
        if not noted or self._contradicted is None:
            return
        try:
            await self._contradicted(noted - {WITNESS})
        except CatalogError as error:
            log.warning("breaker.culprits_not_noted", error=str(error))
            await self._look_again()
        else:
            self._intake.to_contradict -= noted

    def _wanted(self) -> Level:
        if self._intake.storage.state is State.OPEN:
            return Level.NOTHING
        only = self._intake.only_source
        breaker = self._intake.sources.known(only) if only is not None else None
        if breaker is None or breaker.state is State.CLOSED:
            return Level.ALL
        return Level.NOTHING if breaker.state is State.OPEN or breaker.witness_asked else Level.ONE

    async def _apply(self, consumers: Sequence[Consumer]) -> None:
        wanted = self._wanted()
        if wanted is self._level and (wanted is not Level.ONE or any(consumer.busy for consumer in consumers)):
            return
        try:
            for consumer in consumers:
                await consumer.pause()
            if wanted is Level.ONE and consumers:
                # One message of one queue: first of the one that last had some, of the next ones as it brings nothing.
                self._turn += self._level is Level.ONE
                await consumers[self._turn % len(consumers)].resume(1)
            elif wanted is Level.ALL:
                for consumer in consumers:
                    await consumer.resume()
        except BrokerUnavailable as error:
            log.warning("intake.cannot_change_yet", error=str(error))
            await self._look_again()
        else:
            self._level = wanted

    async def _show(self) -> None:
        intake = self._intake
        metrics.BREAKER_STATE.labels(intake.storage.kind, "").set(_NUMBERS[intake.storage.state])
        states = {source: _NUMBERS[breaker.state] for source, breaker in intake.sources}
        for source in KNOWN_SOURCES:
            metrics.BREAKER_STATE.labels("egress", source).set(states.pop(source))
        metrics.BREAKER_STATE.labels("egress", OTHER).set(max(states.values(), default=0))
        try:
            await self._shared.show(intake.storage)
            for _, breaker in intake.sources:
                await self._shared.show(breaker)
                intake.forget_if_well(breaker)
            await self._shared.drop_old()
        except CatalogError as error:
            log.warning("breaker.not_shown", error=str(error))
            await self._look_again()

    async def _look_again(self) -> None:
        """Soon, but not at once."""
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        self._changed.set()
