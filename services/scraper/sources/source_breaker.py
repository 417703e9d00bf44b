"""The breaker of one source: when it opens, and which work tries it first afterwards. `breaker` says how long. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from services.scraper.engines.work import Work
from services.scraper.sources.breaker import CircuitBreaker, State

#: Seconds: the longest delay of work for a source that rests.
MAX_PUT_BACK_SECONDS = 300
#: Seconds: the shortest delay of such work.
BACK_SECONDS = 2
#: Seconds: the longest delay of work while other work of its source is tried.
MAX_TRY_SECONDS = 60
#: Times, at least, that refused work is delayed so that other work can be tried first.
MIN_DEFERRALS = 3


@dataclass
class SourceBreaker(CircuitBreaker):
    """A source's breaker. Half-open, it lets one piece of work through at a time, if possible not the refused one."""

    source: str = ""
    #: Whether a witness is being asked: no other work is tried meanwhile.
    witness_asked: bool = False
    #: The work that tries the source now, and whether it has sent a request yet.
    tried: Work | None = None
    asked: bool = False
    #: Since when only refused work has come; None: other work came too, or none at all.
    alone_since: float | None = None
    #: The culprits that this scraper met: each refusal is recorded by one scraper alone.
    met_here: set[str] = field(default_factory=set)

    def refused(
        self,
        now: float,
        reason: str,
        detail: str,
        *,
        seconds: float | None = None,
        lasting: bool = False,
        culprit: Work | None = None,
    ) -> bool:
        """Start a rest because the source refused something, as `trip` says. Returns whether this opened it."""
        self.of_videos = self.of_videos or culprit is None or not culprit.listing
        if culprit is None:
            return self.trip(now, reason, detail, seconds=seconds, lasting=lasting)
        self.met_here.add(culprit.id)
        return self.trip(now, reason, detail, seconds=seconds, lasting=lasting, culprit=culprit.id)

    def refuses_again(self, work: Work | None) -> bool:
        """Whether a refusal of `work` now repeats an earlier one, and no other work could be tried."""
        tried = self.tried is not None and work is not None and self.tried.id == work.id
        return self.state is State.HALF_OPEN and tried and self.alone_since is not None

    def half_open(self, now: float) -> None:
        """Let one piece of work through; work let through earlier has lost its turn."""
        super().half_open(now)
        self.tried, self.asked, self.alone_since = None, False, None

    def close(self, now: float) -> None:
        """End the rest: the source serves this egress."""
        super().close(now)
        self.met_here = set()
        self.tried, self.alone_since = None, None

    def wait_of(self, work: Work, now: float, rng: random.Random) -> float | None:
        """Return the seconds after which work may come again; None if it may go on, perhaps to try the source."""
        match self.state:
            case State.CLOSED:
                return None
            case State.OPEN:
                left = MAX_PUT_BACK_SECONDS if self.until is None else self.until - now
                return min(max(left, BACK_SECONDS), MAX_PUT_BACK_SECONDS) * rng.uniform(1, 1.1)
            case State.HALF_OPEN:
                return self._wait_for_turn(work, now, rng)

    def _wait_for_turn(self, work: Work, now: float, rng: random.Random) -> float | None:
        refused_before = work.id in self.culprits
        if not refused_before:
            self.alone_since = None
        if self.witness_asked or self.tried is not None:
            return min(max(self.rest, BACK_SECONDS), MAX_TRY_SECONDS) * rng.uniform(0.5, 1)
        if refused_before:
            self.alone_since = now if self.alone_since is None else self.alone_since
            left = self.alone_since + self._patience() - now
            if left > 0:
                return min(max(left, BACK_SECONDS), MAX_TRY_SECONDS / 2)
        self.tried, self.asked = work, False
        return None

    def _patience(self) -> float:
        """Seconds without other work after which refused work is tried; delayed work has come back by then."""
        return MIN_DEFERRALS * BACK_SECONDS + min(self.rest, MAX_PUT_BACK_SECONDS) / 2

    def ended(self, work: Work) -> None:
        """Note that work is over, whatever its result."""
        if self.tried is work:
            self.tried, self.asked = None, False

    def nothing_came(self, now: float, seconds: float) -> bool:
        """Whether it has waited so long without any work to try."""
        return self.state is State.HALF_OPEN and self.tried is None and now - self.since > seconds
