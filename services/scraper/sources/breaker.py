"""A circuit breaker: closed → open (rest) → half-open (one video) → closed, or open again for twice as long.

Pure: the time is passed in as seconds since the epoch, because a rest outlives a restart.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from shared.catalog.documents import BreakerKind, BreakerState

#: As documents keep it.
State = BreakerState


@dataclass(frozen=True)
class Rest:
    """A rest that another process stored. Times are seconds since the epoch."""

    reason: str | None
    detail: str | None
    since: float
    #: Its end; None: only a person ends it.
    until: float | None
    seconds: float
    culprits: frozenset[str] = frozenset()
    of_videos: bool = True


@dataclass
class CircuitBreaker:
    """One breaker. `kind` is what it guards: `egress` (a source, see `source_breaker`) or `storage`."""

    kind: BreakerKind
    #: Minimum and maximum seconds of the first rest.
    first_rest: tuple[float, float]
    #: Seconds: rests double up to this.
    max_rest: float
    rng: random.Random = field(default_factory=random.Random)
    state: State = State.CLOSED
    reason: str | None = None
    detail: str | None = None
    since: float = 0
    #: End of the rest; None while open: only a person ends it.
    until: float | None = None
    #: Seconds of the rest; 0 while closed.
    rest: float = 0
    #: How often it opened: a result from before the last time proves nothing.
    trips: int = 0
    #: Ids of the videos and playlists whose refusals opened it since it was closed; empty if it opened without one.
    culprits: set[str] = field(default_factory=set)
    #: Whether any culprit was a video. Then a served listing proves nothing.
    of_videos: bool = False

    def trip(
        self,
        now: float,
        reason: str,
        detail: str,
        *,
        seconds: float | None = None,
        lasting: bool = False,
        culprit: str | None = None,
    ) -> bool:
        """Start a rest after a refusal. Returns whether this opened the breaker.

        `seconds`: the wait that the source named; after a repeated refusal it counts only if it is longer than our own.
        `lasting`: until a person resumes it. `culprit`: id of the refused video or playlist. While it is the only one,
        the rest does not double: the source may refuse it alone.
        """
        alone = culprit is not None and self.culprits == {culprit}
        if culprit is not None:
            self.culprits.add(culprit)
        if self.state is State.OPEN:
            # A refusal of work that began before the rest may prolong it, but is no reason to double it.
            if seconds is not None and self.until is not None:
                self.until = max(self.until, now + seconds)
            return False
        again = self.state is State.HALF_OPEN
        grown = self.rest if alone else self.rest * 2
        rest = min(self.max_rest, max(grown, self.first_rest[0])) if again else self.rng.uniform(*self.first_rest)
        # After a repeated refusal, our own wait still applies if the source names a shorter one.
        self.rest = rest if seconds is None else max(seconds, rest) if again else seconds
        self.state, self.reason, self.detail, self.since = State.OPEN, reason, detail, now
        self.until = None if lasting else now + self.rest
        self.trips += 1
        return True

    def follow(self, rest: Rest) -> bool:
        """Rest as long as another scraper behind the same egress. Returns whether this opened the breaker.

        A rest that began before this breaker last changed is ignored.
        """
        if self.state is State.OPEN or rest.since <= self.since:
            return False
        self.culprits |= rest.culprits
        self.of_videos = self.of_videos or rest.of_videos
        self._take_over(State.OPEN, rest)
        self.trips += 1
        return True

    def restore(self, state: State, rest: Rest) -> None:
        """Resume the state in which an earlier process ended."""
        self.culprits, self.of_videos = set(rest.culprits), rest.of_videos
        self._take_over(state, rest)

    def _take_over(self, state: State, rest: Rest) -> None:
        self.state, self.reason, self.detail = state, rest.reason, rest.detail
        self.since, self.until, self.rest = rest.since, rest.until, rest.seconds

    def rest_is_over(self, now: float) -> bool:
        """Whether it is open and may be tried."""
        return self.state is State.OPEN and self.until is not None and self.until <= now

    def half_open(self, now: float) -> None:
        """Let one video through."""
        self.state, self.since, self.until = State.HALF_OPEN, now, None

    def succeeded(self, now: float, trips: int) -> bool:
        """Note that work which began after `trips` openings succeeded. Returns whether this closed the breaker."""
        if self.state is not State.HALF_OPEN or trips != self.trips:
            return False
        self.close(now)
        return True

    def close(self, now: float) -> None:
        """End the rest: everything works."""
        self.culprits, self.of_videos = set(), False
        self.state, self.reason, self.detail = State.CLOSED, None, None
        self.since, self.until, self.rest = now, None, 0
