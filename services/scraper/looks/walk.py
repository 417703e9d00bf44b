"""Which entries of a list are new, though its back catalogue was never taken. Pure: one entry after the other goes in.

What was there at the first look and was not wanted is not new later either. So an unknown entry counts as new only if
something known stands below it: it waits until that comes. If nothing known comes, nobody can say what is new.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.contracts.source import MAX_RECENT

E = TypeVar("E")


@dataclass
class Walk(Generic[E]):
    """A walk down a list, from its newest entry."""

    #: How many of the first entries are taken although nothing is known; None: all.
    first: int | None
    #: Whether there was a look before: then something of the list is known.
    began_before: bool
    #: Entries taken, known ones, and the ids of the newest.
    taken: int = 0
    known: int = 0
    recent: list[str] = field(default_factory=list)
    _waiting: list[E] = field(default_factory=list)

    def step(self, video_id: str, entry: E, *, is_known: bool) -> Iterable[E]:
        """Take a step. Returns the entries that are now known to be new."""
        if len(self.recent) < MAX_RECENT:
            self.recent.append(video_id)
        if is_known:
            self.known += 1
            return self._all_waiting()
        if self.first is None or (not self.began_before and self.taken < self.first):
            self.taken += 1
            return (entry,)
        if self.began_before:
            self._waiting.append(entry)
        return ()

    def end(self) -> Iterable[E]:
        """End the walk. Returns the entries that are new if nothing known came: the first ones, as at a first look."""
        if not self.began_before or self.known or self.first is None:
            return ()
        del self._waiting[self.first :]
        return self._all_waiting()

    @property
    def lost_track(self) -> bool:
        """Whether something should have been known, and nothing was."""
        return self.began_before and not self.known and bool(self.recent)

    def _all_waiting(self) -> list[E]:
        waiting, self._waiting = self._waiting, []
        self.taken += len(waiting)
        return waiting
