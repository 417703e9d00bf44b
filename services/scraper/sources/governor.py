"""Changes the states of the breakers over time, and sets how many messages the consumers take: all, one, or none.

While the storage or every allowed source rests, no message is taken, so that other scrapers get them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import IntEnum

from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import CircuitBreaker, State
from services.scraper.sources.shared_breakers import SharedBreakers, moment, rest_of
from services.scraper.sources.witness_probes import WITNESS, SourceProbe, WitnessProbes
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES, OTHER, YOUTUBE
from shared.catalog.documents import StoredBreaker
from shared.errors import BrokerUnavailable, CatalogError
from shared.logs import logger
from shared.messaging.consuming.consumer import Consumer

log = logger(__name__)

#: Seconds between two polls for a person's requests, and for a broker or database that was away.
POLL_SECONDS = 2
#: Seconds between two polls for refusals that other scrapers behind the same egress met.
FOLLOW_EVERY_SECONDS = 5
#: Seconds after which the breaker of a stranger's host for which no work comes is closed (24 h).
FORGET_SECONDS = 86_400

#: Returns what is still wrong with the storage; None if nothing is.
StorageProbe = Callable[[], Awaitable[str | None]]
#: Receives the ids of work over which a breaker opened, when the source served other work after all.
Contradicted = Callable[[Collection[str]], Awaitable[None]]

_NUMBERS = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}


class AdmissionLevel(IntEnum):
    """How many messages the consumers take."""

    NONE = 0
    ONE_AT_A_TIME = 1
    ALL = 2


class Governor:
    """Changes the states of one scraper's breakers over time."""

    def __init__(
        self,
        admission: Admission,
        shared: SharedBreakers,
        storage_probe: StorageProbe,
        source_probe: SourceProbe | None = None,
        contradicted: Contradicted | None = None,
    ) -> None:
        """`storage_probe` takes the place of a half-open try. `source_probe`: None, where there is no witness."""
        self._admission = admission
        self._shared = shared
        self._storage_probe = storage_probe
        self._contradicted = contradicted
        self._changed = asyncio.Event()
        self._witnesses = WitnessProbes(admission, source_probe, self._changed.set) if source_probe else None
        self._level = AdmissionLevel.ALL
        #: Index of the consumer whose turn it is while half-open.
        self._turn = 0
        admission.changed = self._changed.set

    async def restore(self) -> None:
        """Resume the state in which the last process of this egress ended. Raises CatalogError."""
        for stored in await self._shared.left_behind():
            source = stored.get("source") or YOUTUBE
            breaker = self._admission.sources.of(source)
            breaker.restore(State(stored["state"]), rest_of(stored))
            log.warning("breaker.restored", source=source, state=breaker.state, reason=breaker.reason)

    async def govern(self, consumers: Sequence[Consumer]) -> None:
        """Let the consumers take what the breakers allow, and publish the breakers' states. Never returns."""
        try:
            while True:
                self._changed.clear()
                stored = await self._shared.read()
                self._follow(stored)
                await self._move_on(stored)
                await self._record_contradictions()
                await self._apply(consumers)
                await self._publish()
                try:
                    async with asyncio.timeout(self._seconds_until_next_round()):
                        await self._changed.wait()
                except TimeoutError:
                    continue
        finally:
            if self._witnesses is not None:
                self._witnesses.cancel()

    def _seconds_until_next_round(self) -> float:
        breakers = [self._admission.storage, *(breaker for _, breaker in self._admission.sources)]
        if all(breaker.state is State.CLOSED for breaker in breakers):
            return FOLLOW_EVERY_SECONDS
        ends = [breaker.until - time.time() for breaker in breakers if breaker.until is not None]
        return max(0.0, min([POLL_SECONDS, *ends]))

    def _follow(self, stored: dict[str, StoredBreaker]) -> None:
        """Take over the rests of other scrapers behind this egress: the source counts by address, not by process."""
        for source, found in self._shared.opened_by_others(stored, moment(time.time())):
            breaker = self._admission.sources.of(source)
            if breaker is not self._admission.sources.known(source):
                continue  # It was not kept, because its domain has too many.
            if breaker.follow(rest_of(found)):
                log.warning("breaker.followed", source=source, scraper=found["scraper"], reason=found["reason"])

    async def _move_on(self, stored: dict[str, StoredBreaker]) -> None:
        """End the rests that are over, by the clock or at a person's request."""
        now = time.time()
        if self._may_be_tried(self._admission.storage, stored, now):
            await self._try_storage()
        for source, breaker in self._admission.sources:
            if self._may_be_tried(breaker, stored, now):
                breaker.half_open(time.time())
                log.info("breaker.half_open", kind=breaker.kind, source=source)
                if self._witnesses is not None:
                    self._witnesses.start(breaker)
            elif source not in KNOWN_SOURCES and breaker.nothing_came(now, FORGET_SECONDS):
                breaker.close(now)

    def _may_be_tried(self, breaker: CircuitBreaker, stored: dict[str, StoredBreaker], now: float) -> bool:
        if breaker.state is not State.OPEN:
            return False
        return breaker.rest_is_over(now) or self._shared.resume_is_requested(breaker, stored)

    async def _try_storage(self) -> None:
        storage = self._admission.storage
        problem = await self._storage_probe()
        storage.half_open(time.time())
        if problem is not None:
            storage.trip(time.time(), storage.reason or "", problem)
        else:
            storage.close(time.time())
            log.info("breaker.closed", kind=storage.kind)

    async def _record_contradictions(self) -> None:
        """Record the work whose refusal opened a breaker although the source refuses only that work."""
        noted = frozenset(self._admission.to_contradict)
        if not noted or self._contradicted is None:
            return
        try:
            await self._contradicted(noted - {WITNESS})
        except CatalogError as error:
            log.warning("breaker.culprits_not_noted", error=str(error))
            await self._retry_soon()
        else:
            self._admission.to_contradict -= noted

    def _wanted(self) -> AdmissionLevel:
        if self._admission.storage.state is State.OPEN:
            return AdmissionLevel.NONE
        only = self._admission.only_source
        breaker = self._admission.sources.known(only) if only is not None else None
        if breaker is None or breaker.state is State.CLOSED:
            return AdmissionLevel.ALL
        if breaker.state is State.OPEN or breaker.witness_asked:
            return AdmissionLevel.NONE
        return AdmissionLevel.ONE_AT_A_TIME

    async def _apply(self, consumers: Sequence[Consumer]) -> None:
        wanted, one = self._wanted(), AdmissionLevel.ONE_AT_A_TIME
        if wanted is self._level and (wanted is not one or any(consumer.busy for consumer in consumers)):
            return
        try:
            for consumer in consumers:
                await consumer.pause()
            if wanted is one and consumers:
                # One message of one queue: first of the queue that last had messages, then of the next ones.
                self._turn += self._level is one
                await consumers[self._turn % len(consumers)].resume(1)
            elif wanted is AdmissionLevel.ALL:
                for consumer in consumers:
                    await consumer.resume()
        except BrokerUnavailable as error:
            log.warning("admission.cannot_change_yet", error=str(error))
            await self._retry_soon()
        else:
            self._level = wanted

    async def _publish(self) -> None:
        """Set the metrics, and save the breakers that changed."""
        admission = self._admission
        metrics.BREAKER_STATE.labels(admission.storage.kind, "").set(_NUMBERS[admission.storage.state])
        states = {source: _NUMBERS[breaker.state] for source, breaker in admission.sources}
        for source in KNOWN_SOURCES:
            metrics.BREAKER_STATE.labels("egress", source).set(states.pop(source))
        metrics.BREAKER_STATE.labels("egress", OTHER).set(max(states.values(), default=0))
        try:
            await self._shared.save(admission.storage)
            for _, breaker in admission.sources:
                await self._shared.save(breaker)
                admission.forget_if_closed(breaker)
            await self._shared.drop_old()
        except CatalogError as error:
            log.warning("breaker.not_shown", error=str(error))
            await self._retry_soon()

    async def _retry_soon(self) -> None:
        """Run the next round after a pause, not at once."""
        await asyncio.sleep(POLL_SECONDS)
        self._changed.set()
