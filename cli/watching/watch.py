"""What is known of playlists that somebody waits for, and which of them to look at next. Pure: time is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cli.api.client import Json
from cli.watching.pace import Gained, Left, gained

#: States of videos that will change without anything becoming due.
IN_WORK = ("queued", "running")


def in_work(playlist: Json) -> int:
    """Videos that are queued or running."""
    counts = playlist["progress"]["counts"]
    return sum(int(counts[state]) for state in IN_WORK)


def _hours_in_work(playlist: Json) -> float:
    """What those in work are long together, if they are as long as all that are not stored."""
    progress = playlist["progress"]
    not_stored = sum(progress["counts"].values()) - progress["counts"]["stored"]
    hours = progress["found_hours"] - progress["stored_hours"]
    return float(max(hours, 0) * in_work(playlist) / not_stored) if not_stored else 0


@dataclass
class Seen:
    """A playlist as it was when it was last looked at, and when it was first."""

    first: Json
    now: Json
    #: By a clock that only goes forward.
    at: float
    #: Whether it is still to be waited for.
    open: bool
    #: When the next of its waiting videos is tried again, if that was looked up.
    due: str | None = None


@dataclass
class Watch:
    """Playlists by id, in the order of their submission."""

    ids: Sequence[str]
    seen: dict[str, Seen] = field(default_factory=dict)
    #: Videos of these playlists that a scraper works on.
    running: list[Json] = field(default_factory=list)

    def note(self, playlist: Json, at: float, *, is_open: bool, due: str | None = None) -> None:
        """A playlist was looked at."""
        known = self.seen.get(playlist["id"])
        self.seen[playlist["id"]] = Seen(known.first if known else playlist, playlist, at, is_open, due)

    def note_running(self, videos: Iterable[Json]) -> None:
        """The videos on which scrapers work, of whatever playlist."""
        ours = set(self.ids)
        self.running = [video for video in videos if ours.intersection(video["playlists"])]

    def next(self, number: int) -> list[str]:
        """At most `number` ids to look at: half of them where something happens now, then those not seen for longest.

        What is over is not looked at again, so that hundreds of playlists do not ask hundreds of things each time.
        """
        waiting = sorted((id_ for id_ in self.ids if self._is_open(id_)), key=self._at)
        busy = {id_ for video in self.running for id_ in video["playlists"]}
        first = [id_ for id_ in waiting if id_ in busy][: max(number // 2, 1)]
        return (first + [id_ for id_ in waiting if id_ not in first])[:number]

    def stale(self, before: float) -> list[str]:
        """Ids that were last looked at before a time."""
        return [id_ for id_ in self.ids if self._at(id_) < before]

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for, as far as was seen."""
        return not any(self._is_open(id_) for id_ in self.ids)

    @property
    def playlists(self) -> list[Json]:
        """As last seen; those that were not yet are absent."""
        return [self.seen[id_].now for id_ in self.ids if id_ in self.seen]

    @property
    def due(self) -> dict[str, str]:
        """Playlist id → when its next video is tried again."""
        return {id_: seen.due for id_, seen in list(self.seen.items()) if seen.due is not None}

    @property
    def gain(self) -> Gained:
        """What has come about since each was first looked at."""
        return gained((seen.first, seen.now) for seen in self.seen.values())

    @property
    def left(self) -> Left | None:
        """What is in work; None while some playlist is not listed to its end."""
        listed = all(playlist["state"] not in ("accepted", "expanding") for playlist in self.playlists)
        if not listed or len(self.seen) < len(self.ids):
            return None
        return Left(sum(map(in_work, self.playlists)), sum(map(_hours_in_work, self.playlists)))

    def _is_open(self, id_: str) -> bool:
        return id_ not in self.seen or self.seen[id_].open

    def _at(self, id_: str) -> float:
        return self.seen[id_].at if id_ in self.seen else float("-inf")
