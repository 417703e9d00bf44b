"""Tracks the playlists of a wait, and selects those to read next. Pure: time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cli.api.answers import Json
from cli.watching.pace import Gained, Remaining, gained

#: States of videos that will change without anything becoming due.
IN_WORK = ("queued", "running")


def in_work(playlist: Json) -> int:
    """Return the number of videos that are queued or running."""
    counts = playlist["progress"]["counts"]
    return sum(int(counts[state]) for state in IN_WORK)


def _hours_in_work(playlist: Json) -> float:
    """Return the hours of the videos in work, assuming the average length of all that are not stored."""
    progress = playlist["progress"]
    not_stored = sum(progress["counts"].values()) - progress["counts"]["stored"]
    hours = progress["found_hours"] - progress["stored_hours"]
    return float(max(hours, 0) * in_work(playlist) / not_stored) if not_stored else 0


@dataclass
class Seen:
    """A playlist as it was first seen, and as it was last seen."""

    first: Json
    now: Json
    #: When it was last seen, in seconds of a monotonic clock.
    at: float
    #: Whether it is not settled yet.
    open: bool
    #: When the next of its waiting videos is retried, if that was read.
    due: str | None = None


@dataclass
class Watch:
    """Playlists by id, in the order of their submission."""

    ids: Sequence[str]
    seen: dict[str, Seen] = field(default_factory=dict)
    #: Videos of these playlists on which scrapers work.
    running: list[Json] = field(default_factory=list)

    def note(self, playlist: Json, at: float, *, is_open: bool, due: str | None = None) -> None:
        """Record a playlist that was read at a time."""
        known = self.seen.get(playlist["id"])
        self.seen[playlist["id"]] = Seen(known.first if known else playlist, playlist, at, is_open, due)

    def note_running(self, videos: Iterable[Json]) -> None:
        """Record the videos on which scrapers work; those of other playlists are ignored."""
        ours = set(self.ids)
        self.running = [video for video in videos if ours.intersection(video["playlists"])]

    def next(self, number: int) -> list[str]:
        """Return at most `number` ids to read: half of them with videos in work, then those not read for longest.

        Settled playlists are not read again, so that a poll of hundreds of playlists stays cheap.
        """
        waiting = sorted((id_ for id_ in self.ids if self._is_open(id_)), key=self._at)
        busy = {id_ for video in self.running for id_ in video["playlists"]}
        first = [id_ for id_ in waiting if id_ in busy][: max(number // 2, 1)]
        return (first + [id_ for id_ in waiting if id_ not in first])[:number]

    def stale(self, before: float) -> list[str]:
        """Return the ids that were last read before a time."""
        return [id_ for id_ in self.ids if self._at(id_) < before]

    @property
    def over(self) -> bool:
        """Whether all playlists were seen settled."""
        return not any(self._is_open(id_) for id_ in self.ids)

    @property
    def playlists(self) -> list[Json]:
        """The playlists as last seen, without those not seen yet."""
        return [self.seen[id_].now for id_ in self.ids if id_ in self.seen]

    @property
    def due(self) -> dict[str, str]:
        """Playlist id → when its next video is retried."""
        return {id_: seen.due for id_, seen in list(self.seen.items()) if seen.due is not None}

    @property
    def gain(self) -> Gained:
        """What was achieved since each playlist was first seen."""
        return gained((seen.first, seen.now) for seen in self.seen.values())

    @property
    def remaining(self) -> Remaining | None:
        """What is still in work; None while a playlist is not completely listed."""
        listed = all(playlist["state"] not in ("accepted", "expanding") for playlist in self.playlists)
        if not listed or len(self.seen) < len(self.ids):
            return None
        return Remaining(sum(map(in_work, self.playlists)), sum(map(_hours_in_work, self.playlists)))

    def _is_open(self, id_: str) -> bool:
        return id_ not in self.seen or self.seen[id_].open

    def _at(self, id_: str) -> float:
        return self.seen[id_].at if id_ in self.seen else float("-inf")
