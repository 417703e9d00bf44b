"""A circuit breaker: closed → open (rest) → half-open (one video) → closed, or open again for twice as long.

Pure: the time is passed in as seconds since the epoch, since a rest outlives a restart.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """The states of a breaker."""

    #: All is well.
    CLOSED = "closed"
    #: Nothing is asked for until the rest is over.
    OPEN = "open"
    #: The rest is over; one video at a time shows whether all is well again.
    HALF_OPEN = "half-open"


@dataclass
class Breaker:
    """One breaker. `kind` is what it guards: `egress` (a source, see `source_breaker`) or `storage`."""

    kind: str
    #: Seconds: the first rest lies between the two.
    first_rest: tuple[float, float]
    #: Seconds: rests double up to this.
    longest_rest: float
    rng: random.Random = field(default_factory=random.Random)
    state: State = State.CLOSED
    reason: str | None = None
    detail: str | None = None
    since: float = 0
    #: End of the rest; None while open: only a person ends it.
    until: float | None = None
    rest: float = 0
    #: How often it opened: a result from before the last time proves nothing.
    trips: int = 0
    #: The videos and playlists over which it opened since it was closed; empty where that is no matter of one of them.
    culprits: set[str] = field(default_factory=set)
    #: Whether any of them was no listing. A listing that is served then proves nothing.
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
        """Something was refused: rest. Returns whether this opened the breaker.

        `seconds`: how long we were told to wait, which wins over our own rests. `lasting`: until a person resumes.
        `culprit`: the id of the video or playlist that was refused. While it is the only one, the rest does not double:
        perhaps the source refuses it alone.
        """
        alone = culprit is not None and self.culprits == {culprit}
        if culprit is not None:
            self.culprits.add(culprit)
        if self.state is State.OPEN:
            # What was under way when it opened may name a later time, but is no reason to double.
            if seconds is not None and self.until is not None:
                self.until = max(self.until, now + seconds)
            return False
        again = self.state is State.HALF_OPEN
        grown = self.rest if alone else self.rest * 2
        rest = min(self.longest_rest, max(grown, self.first_rest[0])) if again else self._first()
        # Told to come back sooner a second time, we still take more time than the first time was worth.
        self.rest = rest if seconds is None else max(seconds, rest) if again else seconds
        self.state, self.reason, self.detail, self.since = State.OPEN, reason, detail, now
        self.until = None if lasting else now + self.rest
        self.trips += 1
        return True

    def follow(
        self,
        reason: str | None,
        detail: str | None,
        since: float,
        until: float | None,
        rest: float,
        culprits: Iterable[str] = (),
        *,
        of_videos: bool = True,
    ) -> bool:
        """Another behind the same egress was refused at `since`: rest as long as it does. Returns whether this opened.

        What was refused before this breaker last changed is old news.
        """
        if self.state is State.OPEN or since <= self.since:
            return False
        self.culprits.update(culprits)
        self.of_videos = self.of_videos or of_videos
        self.state, self.reason, self.detail, self.since = State.OPEN, reason, detail, since
        self.until, self.rest = until, rest
        self.trips += 1
        return True

    def _first(self) -> float:
        return self.rng.uniform(*self.first_rest)

    def rest_is_over(self, now: float) -> bool:
        """Whether it is open and may be tried."""
        return self.state is State.OPEN and self.until is not None and self.until <= now

    def half_open(self, now: float) -> None:
        """Let one video through."""
        self.state, self.since, self.until = State.HALF_OPEN, now, None

    def succeeded(self, now: float, trips: int) -> bool:
        """Something worked that began after `trips` openings. Returns whether this closed the breaker."""
        if self.state is not State.HALF_OPEN or trips != self.trips:
            return False
        self.close(now)
        return True

    def close(self, now: float) -> None:
        """All is well."""
        self.culprits, self.of_videos = set(), False
        self.state, self.reason, self.detail = State.CLOSED, None, None
        self.since, self.until, self.rest = now, None, 0
