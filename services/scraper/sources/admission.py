"""Whether work may ask its source, as the breakers of this scraper say; `governor` moves them on.

While one of several sources rests, only its work goes back, uncharged, and all the others' goes on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.scraper.engines.work import Work
from services.scraper.failures import LASTING
from services.scraper.sources.breaker import Breaker, State
from services.scraper.sources.recent import Recent
from services.scraper.sources.shared_breakers import moment
from services.scraper.sources.source_breaker import BACK_SECONDS, MAX_PUT_BACK_SECONDS, SourceBreaker
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE, label_of
from shared.errors import TryLater
from shared.logs import logger

log = logger(__name__)

#: Resting sources that /readyz names.
MAX_NOTED = 5


class Intake:
    """The breakers of one scraper: one for the storage, and one for each source that has refused something."""

    def __init__(
        self,
        new_breaker: Callable[[str], SourceBreaker],
        storage: Breaker,
        only_source: str | None = YOUTUBE,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`only_source`: the one source that this scraper may ask; None: any. `changed`: called at every change."""
        self._new_breaker = new_breaker
        self.storage = storage
        self.only_source = only_source
        self.changed = changed
        self.sources: Recent[SourceBreaker] = Recent(self._made, is_needed=lambda breaker: breaker.state is State.OPEN)
        #: Over whose refusals a breaker opened although it is about them alone, until that is written down.
        self.to_contradict: set[str] = set()
        #: The most that any breaker had: a result from before one was forgotten proves nothing later.
        self._most_trips = 0
        self._die = random.Random()
        for source in KNOWN_SOURCES:
            self.sources.of(source)

    def _made(self, source: str) -> SourceBreaker:
        breaker = self._new_breaker(source)
        breaker.trips = self._most_trips
        return breaker

    def state_of(self, source: str) -> State:
        """Whether a source may be asked."""
        breaker = self.sources.known(source)
        return State.CLOSED if breaker is None else breaker.state

    def trips_of(self, source: str) -> int:
        """How often the breaker of a source has opened; `worked` wants to know what it was before."""
        breaker = self.sources.known(source)
        return self._most_trips if breaker is None else breaker.trips

    @contextmanager
    def admitted(self, work: Work) -> Iterator[Work]:
        """Hold this around work from its first question on. Raises TryLater while it may not begin.

        Half-open, a source is judged by one piece of work, and by something else than what it refused, if there is
        anything else.
        """
        self._check_storage()
        breaker = self.sources.known(work.source)
        if breaker is not None and (seconds := breaker.wait_of(work, time.time(), self._die)) is not None:
            # While this scraper may ask nobody else, another one can take it at once.
            seconds = BACK_SECONDS if self.only_source == work.source else seconds
            why = breaker.reason if breaker.state is State.OPEN else "it is tried with something else first"
            raise TryLater(seconds, f"{work.source} rests: {why}")
        try:
            yield work
        finally:
            if breaker is not None:
                breaker.ended(work)

    def check(self, source: str, work_id: str | None = None) -> None:
        """Raise TryLater if a source may not be asked now.

        `work_id`: of the video or playlist that is about to ask.
        """
        self._check_storage()
        breaker = self.sources.known(source)
        if breaker is None:
            return
        if breaker.state is State.OPEN:
            left = BACK_SECONDS if breaker.until is None or self.only_source == source else breaker.until - time.time()
            seconds = min(max(left, BACK_SECONDS), MAX_PUT_BACK_SECONDS)
            raise TryLater(seconds, f"{source} rests: {breaker.reason}")
        if breaker.tried is not None and breaker.tried.id == work_id:
            breaker.asked = True

    def _check_storage(self) -> None:
        if self.storage.state is State.OPEN:
            raise TryLater(BACK_SECONDS, f"the storage rests: {self.storage.reason}")

    def storage_failed(self, reason: str, detail: str) -> None:
        """The object store or the disk took nothing: rest."""
        if self.storage.trip(time.time(), reason, detail):
            _tell_opened(self.storage, "", reason, detail)
        self.changed()

    def refused(
        self,
        source: str,
        reason: str,
        detail: str,
        *,
        seconds: float | None = None,
        culprit: Work | None = None,
    ) -> None:
        """A source refused this egress: it rests. `seconds`: how long it told us to wait. `culprit`: over what."""
        breaker = self.sources.of(source)
        # Nobody looks after strangers' hosts, of which there can be any number: their rests end by themselves.
        lasting = reason in LASTING and source in KNOWN_SOURCES
        again = breaker.refuses_again(culprit) and not lasting
        if breaker.refused(time.time(), reason, detail, seconds=seconds, lasting=lasting, culprit=culprit):
            self._most_trips = max(self._most_trips, breaker.trips)
            _tell_opened(breaker, source, reason, detail)
            if again and culprit is not None:
                self.to_contradict.add(culprit.id)
        self.changed()

    def worked(self, source: str, trips: int, work_id: str | None = None) -> None:
        """Something came from a source that was asked for after `trips` openings of its breaker.

        `work_id`: of the video it was, which has thereby done nothing wrong.
        """
        breaker = self.sources.known(source)
        if breaker is None:
            return
        suspects = {met for met in breaker.met_here if met != work_id}
        if breaker.succeeded(time.time(), trips):
            log.info("breaker.closed", kind=breaker.kind, source=source)
            self.to_contradict |= suspects
            self.changed()

    def listed(self, work: Work) -> None:
        """A playlist was listed. Where its source had refused nothing but listings, it serves this egress again."""
        breaker = self.sources.known(work.source)
        if breaker is not None and breaker.tried is work and breaker.asked and not breaker.of_videos:
            self.worked(work.source, breaker.trips, work.id)

    def believed_refused_alone(self, source: str, work_id: str) -> None:
        """It is known that a source refuses this one alone: if its breaker opened over nothing else, it may close."""
        breaker = self.sources.known(source)
        if breaker is None or breaker.state is not State.HALF_OPEN:
            return
        breaker.culprits.discard(work_id)
        if not breaker.culprits:
            breaker.close(time.time())
            log.info("breaker.closed", kind=breaker.kind, source=source)
            self.changed()

    def forget_if_well(self, breaker: SourceBreaker) -> None:
        """Keep no breaker of a stranger's host that is closed."""
        if breaker.source not in KNOWN_SOURCES and breaker.state is State.CLOSED:
            self.sources.forget(breaker.source)

    async def note(self) -> str:
        """What /readyz tells of it."""
        notes = [f"storage rests: {self.storage.reason}"] if self.storage.state is not State.CLOSED else []
        resting = [breaker for _, breaker in self.sources if breaker.state is not State.CLOSED]
        resting.sort(key=lambda breaker: breaker.source not in KNOWN_SOURCES)
        notes += [f"{b.source} {b.state}: {b.reason}{_until(b)}" for b in resting[:MAX_NOTED]]
        if len(resting) > MAX_NOTED:
            notes.append(f"{len(resting) - MAX_NOTED} more sources rest")
        return "; ".join(notes) or "taking work"


def _tell_opened(breaker: Breaker, source: str, reason: str, detail: str) -> None:
    metrics.BREAKER_OPENED.labels(breaker.kind, label_of(source) if source else "", reason).inc()
    rest = round(breaker.rest)
    log.warning("breaker.open", kind=breaker.kind, source=source, reason=reason, detail=detail, seconds=rest)


def _until(breaker: Breaker) -> str:
    if breaker.state is State.HALF_OPEN:
        return ", trying one video at a time"
    if breaker.until is None:
        return ", until a person resumes it (fonoteca egress --resume)"
    return f", until {moment(breaker.until).isoformat(timespec='seconds')}"
