"""Decides by the breakers of this scraper whether work may ask its source; `governor` moves the breakers on.

While one of several sources rests, only its work is delayed, uncharged; work for all others goes on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.scraper.engines.work import Work
from services.scraper.failures import LASTING
from services.scraper.sources.breaker import CircuitBreaker, State
from services.scraper.sources.recent_sources import RecentSources
from services.scraper.sources.shared_breakers import moment
from services.scraper.sources.source_breaker import BACK_SECONDS, MAX_PUT_BACK_SECONDS, SourceBreaker
from shared import metrics
from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE, label_of
from shared.errors import TryLater
from shared.logs import logger

log = logger(__name__)

#: Resting sources that /readyz names.
MAX_DESCRIBED = 5


class Admission:
    """The breakers of one scraper: one for the storage, and one for each source that has refused something."""

    def __init__(
        self,
        new_breaker: Callable[[str], SourceBreaker],
        storage: CircuitBreaker,
        only_source: str | None = YOUTUBE,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`only_source`: the only source that this scraper may ask; None: any. `changed`: called at every change."""
        self._new_breaker = new_breaker
        self.storage = storage
        self.only_source = only_source
        self.changed = changed
        self.sources: RecentSources[SourceBreaker] = RecentSources(
            self._made, is_needed=lambda breaker: breaker.state is State.OPEN
        )
        #: Ids of work whose refusal opened a breaker, although the source refuses only that work; not yet recorded.
        self.to_contradict: set[str] = set()
        #: The highest number of trips of any breaker: a result from before one was forgotten proves nothing later.
        self._most_trips = 0
        self._rng = random.Random()
        for source in KNOWN_SOURCES:
            self.sources.of(source)

    def _made(self, source: str) -> SourceBreaker:
        breaker = self._new_breaker(source)
        breaker.trips = self._most_trips
        return breaker

    def state_of(self, source: str) -> State:
        """The state of a source's breaker; closed where there is none."""
        breaker = self.sources.known(source)
        return State.CLOSED if breaker is None else breaker.state

    def trips_of(self, source: str) -> int:
        """How often the breaker of a source has opened; pass it to `worked` when work that begins now succeeds."""
        breaker = self.sources.known(source)
        return self._most_trips if breaker is None else breaker.trips

    @contextmanager
    def admitted(self, work: Work) -> Iterator[Work]:
        """A context for work from its first request on. Raises TryLater while the work may not begin.

        Half-open, one piece of work tries the source, if possible other work than the one that was refused.
        """
        self._check_storage()
        breaker = self.sources.known(work.source)
        if breaker is not None and (seconds := breaker.wait_of(work, time.time(), self._rng)) is not None:
            # If this scraper may ask no other source, another scraper can take the work at once.
            seconds = BACK_SECONDS if self.only_source == work.source else seconds
            why = breaker.reason if breaker.state is State.OPEN else "other work is tried first"
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
        """Rest because the object store or the disk accepts nothing."""
        if self.storage.trip(time.time(), reason, detail):
            _log_opened(self.storage, "")
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
        """Let a source rest that refused this egress. `seconds`: the wait it named. `culprit`: the refused work."""
        breaker = self.sources.of(source)
        # There can be any number of strangers' hosts, and nobody attends to them: their rests end by themselves.
        lasting = reason in LASTING and source in KNOWN_SOURCES
        again = breaker.refuses_again(culprit) and not lasting
        if breaker.refused(time.time(), reason, detail, seconds=seconds, lasting=lasting, culprit=culprit):
            self._most_trips = max(self._most_trips, breaker.trips)
            _log_opened(breaker, source)
            if again and culprit is not None:
                self.to_contradict.add(culprit.id)
        self.changed()

    def worked(self, source: str, trips: int, work_id: str | None = None) -> None:
        """Note that a source served work which began after `trips` openings of its breaker.

        `work_id`: id of the video that was served, which is no longer under suspicion.
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
        """Note that a playlist was listed. If its source had refused only listings, it serves this egress again."""
        breaker = self.sources.known(work.source)
        if breaker is not None and breaker.tried is work and breaker.asked and not breaker.of_videos:
            self.worked(work.source, breaker.trips, work.id)

    def confirm_refused_alone(self, source: str, work_id: str) -> None:
        """Note that a source refuses only this work: if its breaker opened for nothing else, it closes."""
        breaker = self.sources.known(source)
        if breaker is None or breaker.state is not State.HALF_OPEN:
            return
        breaker.culprits.discard(work_id)
        if not breaker.culprits:
            breaker.close(time.time())
            log.info("breaker.closed", kind=breaker.kind, source=source)
            self.changed()

    def forget_if_closed(self, breaker: SourceBreaker) -> None:
        """Drop a closed breaker of a stranger's host."""
        if breaker.source not in KNOWN_SOURCES and breaker.state is State.CLOSED:
            self.sources.forget(breaker.source)

    async def describe(self) -> str:
        """The breakers that are not closed, for /readyz."""
        notes = [f"storage rests: {self.storage.reason}"] if self.storage.state is not State.CLOSED else []
        resting = [breaker for _, breaker in self.sources if breaker.state is not State.CLOSED]
        resting.sort(key=lambda breaker: breaker.source not in KNOWN_SOURCES)
        notes += [f"{b.source} {b.state}: {b.reason}{_until(b)}" for b in resting[:MAX_DESCRIBED]]
        if len(resting) > MAX_DESCRIBED:
            notes.append(f"{len(resting) - MAX_DESCRIBED} more sources rest")
        return "; ".join(notes) or "taking work"


def _log_opened(breaker: CircuitBreaker, source: str) -> None:
    metrics.BREAKER_OPENED.labels(breaker.kind, label_of(source) if source else "", breaker.reason).inc()
    log.warning(
        "breaker.open",
        kind=breaker.kind,
        source=source,
        reason=breaker.reason,
        detail=breaker.detail,
        seconds=round(breaker.rest),
    )


def _until(breaker: CircuitBreaker) -> str:
    if breaker.state is State.HALF_OPEN:
        return ", trying one video at a time"
    if breaker.until is None:
        return ", until a person resumes it (fonoteca egress --resume)"
    return f", until {moment(breaker.until).isoformat(timespec='seconds')}"
