"""Which entries of a list are new, though its back catalogue was never taken. Pure: one entry after the other goes in.

What was there at the first look and was not wanted is not new later either. So near the beginning of a list an unknown
entry is new if something known stands below it: it waits until that comes. Below a run of known entries, or where
nothing known comes at all, the place says nothing; there only a full look tells, by what the one before it passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.contracts.source import MAX_RECENT

E = TypeVar("E")

#: Known entries in a row below which an entry's place no longer shows that it is new.
KNOWN_RUN = 5


@dataclass
class Walk(Generic[E]):
    """A walk down a list, from its newest entry."""

    #: How many of the first wanted entries are taken although nothing is known; None: all.
    first: int | None
    #: Whether there was a look before: then something of the list is known.
    began_before: bool
    #: Wanted entries taken, known ones, and the ids of the newest.
    taken: int = 0
    known: int = 0
    recent: list[str] = field(default_factory=list)
    #: Ids of entries that are neither known nor taken.
    passed: list[str] = field(default_factory=list)
    _waiting: list[tuple[str, E]] = field(default_factory=list)
    _in_a_row: int = 0

    def step(self, entry_id: str, entry: E, *, is_known: bool, is_wanted: bool = True) -> Iterable[E]:
        """Take a step. Returns the entries that are now known to be new, wanted or not.

        `is_wanted`: whether the filters take it, as far as the list shows it; others do not count as taken.
        """
        if len(self.recent) < MAX_RECENT:
            self.recent.append(entry_id)
        if is_known:
            return self._past_known()
        if self._in_a_row < KNOWN_RUN:
            self._in_a_row = 0
        if self.first is None or (not self.began_before and self.taken < self.first):
            self.taken += is_wanted
            return (entry,)
        if self.began_before and self._in_a_row < KNOWN_RUN:
            self._waiting.append((entry_id, entry))
        else:
            self.passed.append(entry_id)
        return ()

    def end(self) -> Iterable[E]:
        """End the walk. Returns the entries that are new if nothing known came: the first ones, as at a first look."""
        lost = self.began_before and not self.known and self.first is not None
        chosen = [entry for _, entry in self._waiting[: self.first]] if lost else []
        self.passed += [entry_id for entry_id, _ in self._waiting[len(chosen) :]]
        self._waiting = []
        self.taken += len(chosen)
        return chosen

    def _past_known(self) -> list[E]:
        self.known += 1
        if self._in_a_row < KNOWN_RUN:
            self._in_a_row += 1
        if not self.began_before:
            # A first look that is repeated after a crash has taken it already.
            self.taken += 1
        waiting, self._waiting = self._waiting, []
        self.taken += len(waiting)
        return [entry for _, entry in waiting]
