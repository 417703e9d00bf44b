"""What a player would have done with a download: pure, from when its media arrived.

The model is that of Pytomo: it buffers until enough media is there, plays, stalls when too little is left, and plays
again when there is more. Everything is in seconds since the download began.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Seconds of media that a player wants."""

    #: Before it starts.
    start: float
    #: With less it stalls.
    stall: float
    #: With more it plays again.
    resume: float


@dataclass(frozen=True)
class Stall:
    """A time without sound, in seconds since the download began. `end` None: it lasted until the download ended."""

    begin: float
    end: float | None


@dataclass(frozen=True)
class Playback:
    """What a player had done when the download ended. All times in seconds."""

    #: From the beginning of the download until it played; None: it never did.
    startup_delay: float | None
    stalls: tuple[Stall, ...]
    #: The sum of the stalls.
    stalled: float
    #: Media that was played.
    played: float
    #: Media that had arrived and was not played.
    buffered_at_end: float
    #: Media that had arrived when it began to play; None: it never did.
    buffered_at_start: float | None


class _Player:
    """Media arrives at moments; between two of them it plays or waits."""

    def __init__(self, duration: float, thresholds: Thresholds) -> None:
        self._duration, self._wants = duration, thresholds
        self._now = self._arrived = self.played = 0.0
        self._playing = False
        self.startup_delay: float | None = None
        self.buffered_at_start: float | None = None
        self.stalls: list[Stall] = []

    @property
    def _complete(self) -> bool:
        """Whether no more will arrive, so that there is nothing to wait for."""
        return self._arrived >= self._duration

    def until(self, now: float) -> None:
        """Time passes in which nothing arrives."""
        passed, self._now, began = now - self._now, now, self._now
        if not self._playing:
            return
        left = self.buffered if self._complete else max(0.0, self.buffered - self._wants.stall)
        self.played += min(passed, left)
        if passed > left and not self._complete:
            self.stalls.append(Stall(began + left, None))
            self._playing = False

    def arrives(self, media: float) -> None:
        """All media up to `media`, in seconds, has arrived."""
        self._arrived = max(self._arrived, media)
        if self._playing or self.buffered <= 0:
            return
        if self.startup_delay is None:
            if self.buffered >= self._wants.start or self._complete:
                self.startup_delay, self.buffered_at_start, self._playing = self._now, self.buffered, True
        elif self.buffered > self._wants.resume or self._complete:
            self.stalls[-1] = Stall(self.stalls[-1].begin, self._now)
            self._playing = True

    @property
    def buffered(self) -> float:
        """Seconds of media that arrived and are not played."""
        return self._arrived - self.played


def play(arrivals: Iterable[tuple[float, float]], ended: float, *, duration: float, thresholds: Thresholds) -> Playback:
    """Play a download that ended at `ended`.

    `arrivals`: (seconds since the download began, seconds of media that had arrived by then), both never falling.
    `duration`: of the whole media, in seconds; at its end a player waits for nothing.
    """
    player = _Player(duration, thresholds)
    for at, media in arrivals:
        player.until(at)
        player.arrives(media)
    player.until(ended)
    stalls = tuple(player.stalls)
    return Playback(
        startup_delay=player.startup_delay,
        stalls=stalls,
        stalled=sum((ended if stall.end is None else stall.end) - stall.begin for stall in stalls),
        played=player.played,
        buffered_at_end=player.buffered,
        buffered_at_start=player.buffered_at_start,
    )
