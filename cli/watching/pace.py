"""How fast videos are stored while somebody watches, and when the rest will be done. Pure: time is passed in."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from cli.api.client import Json

#: Seconds that a rate looks back: long enough for long recordings, short enough to notice a rest.
WINDOW_SECONDS = 600
#: Seconds and ended videos before which any rate would be chance.
ENOUGH_SECONDS, ENOUGH_ENDED = 5, 2


@dataclass(frozen=True)
class Gained:
    """What has come about since the watch began."""

    stored: int = 0
    #: Stored or abandoned.
    ended: int = 0
    hours: float = 0


@dataclass(frozen=True)
class Left:
    """What is in work."""

    videos: int
    #: Of sound, as far as the sources tell; 0: they do not.
    hours: float


@dataclass(frozen=True)
class Rate:
    """A speed, and what follows from it."""

    videos_per_minute: float
    #: Hours of sound in an hour.
    times_real_time: float
    #: None where nobody can tell: nothing ends, or nobody knows how much there is.
    seconds_left: float | None


def gained(playlists: Iterable[tuple[Json, Json]]) -> Gained:
    """The sum over playlists of what each has now and did not have when it was first looked at: (first, now)."""
    stored = ended = 0
    hours = 0.0
    for first, now in playlists:
        before, after = first["progress"], now["progress"]
        stored += after["counts"]["stored"] - before["counts"]["stored"]
        ended += sum(after["counts"][state] - before["counts"][state] for state in ("stored", "abandoned"))
        hours += after["stored_hours"] - before["stored_hours"]
    return Gained(stored, ended, hours)


class Pace:
    """Remembers what was gained when."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Gained]] = deque()

    def note(self, at: float, gain: Gained) -> None:
        """What was gained at a time, in seconds of a clock that only goes forward."""
        self._seen.append((at, gain))
        while at - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()

    def rate(self, left: Left | None) -> Rate | None:
        """The speed of late; None before there is one. `left`: None while nobody knows how much there is."""
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
            seconds_left=None if left is None else _share(left, done) * seconds,
        )


def _share(left: Left, done: Gained) -> float:
    """What is left as a multiple of what was done: by hours where they are known, since short videos end first."""
    return left.hours / done.hours if left.hours > 0 and done.hours > 0 else left.videos / done.ended
