"""What is known of each source, bounded: a stranger can bring any number of hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from shared.contracts.sources import KNOWN_SOURCES

#: Sources that are kept beside those that are known by name.
MAX_SOURCES = 1000

T = TypeVar("T")


class Recent(Generic[T]):
    """Something for each source; those that were looked at longest ago are forgotten, known sources never."""

    def __init__(self, make: Callable[[str], T], most: int = MAX_SOURCES) -> None:
        """`make`: what a source begins with. `most`: sources that are kept beside the known ones."""
        self._make = make
        self._most = most
        self._kept: dict[str, T] = {}

    def of(self, source: str) -> T:
        """What is known of a source, from now on."""
        found = self._kept.pop(source, None)
        if found is None:
            found = self._make(source)
        self._kept[source] = found
        if len(self._kept) > self._most + len(KNOWN_SOURCES):
            del self._kept[next(other for other in self._kept if other not in KNOWN_SOURCES)]
        return found

    def known(self, source: str) -> T | None:
        """What is known of a source; None if nothing is."""
        return self._kept.get(source)

    def forget(self, source: str) -> None:
        """Know nothing of a source any more."""
        self._kept.pop(source, None)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        """Each source with what is known of it, that which was looked at longest ago first."""
        return iter(tuple(self._kept.items()))

    def __len__(self) -> int:
        """How many sources are kept."""
        return len(self._kept)
