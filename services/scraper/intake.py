"""How much work this scraper takes: everything, one video at a time, or nothing, as its breakers say.

While a breaker is open no message comes, so that other scrapers get them; what had come already goes back uncharged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum

from services.scraper.breaker import Breaker, State
from services.scraper.failures import LASTING
from shared import metrics
from shared.catalog import breakers as stored_breakers
from shared.catalog.connection import CATALOG_ERRORS, Catalog
from shared.catalog.documents import Breaker as StoredBreaker
from shared.errors import TryLater
from shared.logs import logger
from shared.messaging.connection import BROKER_ERRORS, asked_to_stop
from shared.messaging.consumer import Consumer

log = logger(__name__)

#: Seconds until a message that came during a rest is back in its queue, for others to take.
BACK_SECONDS = 2
#: Seconds between two looks at what a person wishes, and at a broker or database that was away.
LOOK_EVERY_SECONDS = 2

#: Seconds between two looks whether another scraper behind the same egress was refused.
FOLLOW_EVERY_SECONDS = 5

#: What changing a consumer may meet; a stuck connection that is given up ends in a CancelledError.
CANNOT_CHANGE: tuple[type[BaseException], ...] = (*BROKER_ERRORS, asyncio.CancelledError)

#: What is wrong yet; None if nothing is.
Probe = Callable[[], Awaitable[str | None]]
#: What may keep a witness from being found or asked.
NO_WITNESS: tuple[type[Exception], ...] = (*CATALOG_ERRORS, OSError)
#: Whether the source serves this egress; None where nobody can tell.
EgressProbe = Callable[[], Awaitable[bool | None]]
#: Hears of the videos and playlists over which the breaker opened, when something else was served after all.
Contradicted = Callable[[Collection[str]], Awaitable[None]]

#: What stands for the witness among those that were refused: it is under no suspicion.
WITNESS = "witness"
#: How often the work that opened a breaker goes back, while it is half-open, to let something else be tried first.
MAX_DEFERRALS = 3
_NUMBERS = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}


class Level(IntEnum):
    """How much is taken."""

    NOTHING = 0
    ONE = 1
    ALL = 2


class Intake:
    """The breakers of one scraper and the consumers they hold back."""

    def __init__(
        self,
        catalog: Catalog,
        egress_name: str,
        scraper: str,
        *,
        egress: Breaker,
        storage: Breaker,
        storage_probe: Probe,
    ) -> None:
        """`storage_probe`: None if storage works again; it takes the place of a half-open try.

        `egress_probe` and `contradicted` may be set later, since they need what needs the intake.
        """
        self._catalog = catalog
        self._egress_name = egress_name
        self._scraper = scraper
        self.egress = egress
        self.storage = storage
        self._probes: Mapping[str, Probe] = {storage.kind: storage_probe}
        self.egress_probe: EgressProbe | None = None
        self.contradicted: Contradicted | None = None
        #: How often the work that opened the egress breaker went back since it is half-open.
        self._deferrals = 0
        #: Over whose refusals the egress breaker opened, until that is written down.
        self._to_contradict: set[str] = set()
        #: Those of them that this scraper met: each refusal is written down by one alone.
        self._met_here: set[str] = set()
        self._changed = asyncio.Event()
        self._level = Level.ALL
        #: Of the consumers while half-open.
        self._turn = 0
        self._began = time.time()

    @property
    def _breakers(self) -> tuple[Breaker, Breaker]:
        return self.egress, self.storage

    def check(self, work_id: str | None = None) -> None:
        """Raise TryLater while nothing may be asked for.

        `work_id`: of the video or playlist that is about to begin. Half-open, the source is judged by something else
        than what it refused, if there is anything else.
        """
        for breaker in self._breakers:
            if breaker.state is State.OPEN:
                raise TryLater(BACK_SECONDS, f"the {breaker.kind} rests: {breaker.reason}")
        refused_before = work_id is not None and work_id in self.egress.culprits
        if self.egress.state is State.HALF_OPEN and refused_before and self._deferrals < MAX_DEFERRALS:
            self._deferrals += 1
            raise TryLater(BACK_SECONDS, "the egress is tried with something else first")

    def trip(
        self,
        breaker: Breaker,
        reason: str,
        detail: str,
        *,
        seconds: float | None = None,
        lasting: bool = False,
        culprit: str | None = None,
    ) -> None:
        """Open a breaker."""
        now = time.time()
        if breaker is self.egress and culprit is not None:
            self._met_here.add(culprit)
        if breaker.trip(now, reason, detail, seconds=seconds, lasting=lasting, culprit=culprit):
            metrics.BREAKER_OPENED.labels(breaker.kind, reason).inc()
            log.warning("breaker.open", kind=breaker.kind, reason=reason, detail=detail, seconds=round(breaker.rest))
        self._changed.set()

    def worked(self, trips: int, work_id: str | None = None) -> None:
        """Something came from the source that was asked for after `trips` openings of the egress breaker.

        `work_id`: of the video it was, which has thereby done nothing wrong.
        """
        if self.egress.succeeded(time.time(), trips):
            log.info("breaker.closed", kind="egress")
            self._to_contradict |= self._met_here - {work_id}
            self._met_here.clear()
            self._changed.set()

    async def note(self) -> str:
        """What /readyz tells of it."""
        notes = [f"{b.kind} {b.state}: {b.reason}{_until(b)}" for b in self._breakers if b.state is not State.CLOSED]
        return "; ".join(notes) or "taking work"

    async def restore(self) -> None:
        """Take up the state in which the last process of this egress ended."""
        stored = await stored_breakers.load(self._catalog, self._id(self.egress))
        if stored is None or stored["state"] == State.CLOSED:
            return
        egress = self.egress
        egress.state, egress.reason, egress.detail = State(stored["state"]), stored["reason"], stored["detail"]
        egress.since, egress.rest = stored["since"].timestamp(), stored["rest_seconds"]
        egress.until = stored["until"].timestamp() if stored["until"] is not None else None
        egress.culprits = set(stored.get("culprits", ()))
        log.warning("breaker.restored", kind=egress.kind, state=egress.state, reason=egress.reason)

    async def govern(self, consumers: Sequence[Consumer]) -> None:
        """For ever: let the consumers take what the breakers allow, and tell everybody the breakers' state."""
        shown: dict[str, StoredBreaker] = {}
        while True:
            self._changed.clear()
            await self._follow()
            await self._move_on()
            await self._contradict()
            await self._apply(consumers)
            for breaker in self._breakers:
                await self._show(breaker, shown)
            try:
                async with asyncio.timeout(self._seconds_until_next_look()):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _seconds_until_next_look(self) -> float:
        if self._level is Level.ALL:
            return FOLLOW_EVERY_SECONDS
        ends = [breaker.until - time.time() for breaker in self._breakers if breaker.until is not None]
        return max(0.0, min([LOOK_EVERY_SECONDS, *ends]))

    async def _follow(self) -> None:
        """Rest with whoever shares this egress: the source counts the address, not the process."""
        try:
            stored = await stored_breakers.load(self._catalog, self._id(self.egress))
        except CATALOG_ERRORS:
            return
        if stored is None or stored["state"] != State.OPEN or stored["scraper"] == self._scraper:
            return
        until = stored["until"].timestamp() if stored["until"] is not None else None
        since, rest = stored["since"].timestamp(), stored["rest_seconds"]
        if self.egress.follow(stored["reason"], stored["detail"], since, until, rest, stored.get("culprits", ())):
            log.warning("breaker.followed", kind="egress", scraper=stored["scraper"], reason=stored["reason"])

    async def _move_on(self) -> None:
        """End the rests that are over, by the clock or by a person's wish."""
        for breaker in self._breakers:
            if breaker.state is not State.OPEN:
                continue
            if not breaker.rest_is_over(time.time()) and not await self._wished(breaker):
                continue
            if breaker is self.egress:
                await self._try_egress()
                continue
            problem = await self._probes[breaker.kind]()
            breaker.half_open(time.time())
            if problem is not None:
                breaker.trip(time.time(), breaker.reason or "", problem)
            else:
                breaker.close(time.time())
                log.info("breaker.closed", kind=breaker.kind)

    async def _try_egress(self) -> None:
        """The rest is over: judge the egress by a witness if there is one, else by what is taken next."""
        egress = self.egress
        trips, reason, detail = egress.trips, egress.reason or "", egress.detail or ""
        egress.half_open(time.time())
        self._deferrals = 0
        log.info("breaker.half_open", kind=egress.kind)
        try:
            served = await self.egress_probe() if self.egress_probe is not None else None
        except NO_WITNESS as error:
            log.warning("witness.not_found", error=str(error))
            served = None
        if served is None or egress.state is not State.HALF_OPEN or egress.trips != trips:
            return
        if served:
            self.worked(trips)
        else:
            # The witness has done nothing wrong before: it is one more that is refused.
            self.trip(egress, reason, detail, lasting=reason in LASTING, culprit=WITNESS)

    async def _contradict(self) -> None:
        """Write down over whom the breaker opened although the source served others."""
        if not self._to_contradict or self.contradicted is None:
            return
        try:
            await self.contradicted(frozenset(self._to_contradict - {WITNESS}))
        except CATALOG_ERRORS as error:
            log.warning("breaker.culprits_not_noted", error=str(error))
            self._changed.set()
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        else:
            self._to_contradict.clear()

    async def _wished(self, breaker: Breaker) -> bool:
        try:
            stored = await stored_breakers.load(self._catalog, self._id(breaker))
        except CATALOG_ERRORS:
            return False
        wished_at = stored["resume_at"] if stored is not None else None
        # A wish is about the rest it was made in, not about later ones.
        return wished_at is not None and wished_at.timestamp() > breaker.since

    async def _apply(self, consumers: Sequence[Consumer]) -> None:
        states = {breaker.state for breaker in self._breakers}
        wanted = Level.NOTHING if State.OPEN in states else Level.ONE if State.HALF_OPEN in states else Level.ALL
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
        except CANNOT_CHANGE as error:
            if isinstance(error, asyncio.CancelledError) and asked_to_stop():
                raise
            log.warning("intake.cannot_change_yet", error=str(error))
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self._changed.set()
        else:
            self._level = wanted

    async def _show(self, breaker: Breaker, shown: dict[str, StoredBreaker]) -> None:
        metrics.BREAKER_STATE.labels(breaker.kind).set(_NUMBERS[breaker.state])
        document: StoredBreaker = {
            "_id": self._id(breaker),
            "egress": self._egress_name,
            "kind": breaker.kind,
            "state": breaker.state.value,
            "reason": breaker.reason,
            "detail": breaker.detail,
            "since": _moment(breaker.since or self._began),
            "until": _moment(breaker.until) if breaker.until is not None else None,
            "rest_seconds": breaker.rest,
            "scraper": self._scraper,
            "culprits": sorted(breaker.culprits),
            "resume_at": None,
        }
        known = shown.get(breaker.kind)
        if known == document:
            return
        try:
            await stored_breakers.save(self._catalog, document)
        except CATALOG_ERRORS as error:
            log.warning("breaker.not_shown", error=str(error))
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            self._changed.set()
        else:
            shown[breaker.kind] = document

    def _id(self, breaker: Breaker) -> str:
        return f"{self._egress_name}/{breaker.kind}"


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _until(breaker: Breaker) -> str:
    if breaker.state is State.HALF_OPEN:
        return ", trying one video at a time"
    if breaker.until is None:
        return ", until a person resumes it (fonoteca egress --resume)"
    return f", until {_moment(breaker.until).isoformat(timespec='seconds')}"
