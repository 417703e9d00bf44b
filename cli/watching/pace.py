"""Computes how fast videos are stored during a wait, and when the rest will be done. Pure: time is passed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from cli.api.answers import Json

#: Seconds that a rate covers: long enough for long recordings, short enough to notice a rest.
WINDOW_SECONDS = 600
#: Seconds and ended videos below which a rate would be chance.
ENOUGH_SECONDS, ENOUGH_ENDED = 5, 2


@dataclass(frozen=True)
class Gained:
    """What was achieved since the wait began."""

    stored: int = 0
    #: Stored or abandoned.
    ended: int = 0
    hours: float = 0


@dataclass(frozen=True)
class Remaining:
    """What is still in work."""

    videos: int
    #: Of audio, as far as the sources state it; 0: unknown.
    hours: float


@dataclass(frozen=True)
class Rate:
    """A speed, and the time that follows from it."""

    videos_per_minute: float
    #: Hours of audio per hour.
    times_real_time: float
    #: None if unknown: no video ends, or the number of videos is not known yet.
    seconds_left: float | None


def gained(playlists: Iterable[tuple[Json, Json]]) -> Gained:
    """Return what was achieved in total, from each playlist as it was first seen and as it is now."""
    stored = ended = 0
    hours = 0.0
    for first, now in playlists:
        before, after = first["progress"], now["progress"]
        stored += after["counts"]["stored"] - before["counts"]["stored"]
        ended += sum(after["counts"][state] - before["counts"][state] for state in ("stored", "abandoned"))
        hours += after["stored_hours"] - before["stored_hours"]
    return Gained(stored, ended, hours)


class Pace:
    """Remembers the progress of the last minutes."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Gained]] = deque()

    def note(self, at: float, gain: Gained) -> None:
        """Record the progress at a time, in seconds of a monotonic clock."""
        self._seen.append((at, gain))
        while at - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()

    def rate(self, remaining: Remaining | None) -> Rate | None:
        """Return the recent speed; None before there is one. `remaining`: None while it is unknown."""
        if not self._seen:
            return None
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        seconds, ended = now - began, last.ended - first.ended
        if seconds < ENOUGH_SECONDS or ended < ENOUGH_ENDED:
            return None
        done = Gained(last.stored - first.stored, ended, last.hours - first.hours)
        return Rate(
            videos_per_minute=done.stored / seconds * 60,
            times_real_time=done.hours * 3600 / seconds,
            seconds_left=None if remaining is None else _share(remaining, done) * seconds,
        )


def _share(remaining: Remaining, done: Gained) -> float:
    """Return the remaining work as a multiple of that done: in hours if known, since short videos end first."""
    by_hours = remaining.hours > 0 and done.hours > 0
    return remaining.hours / done.hours if by_hours else remaining.videos / done.ended
