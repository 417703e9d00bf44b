"""What is known of each source, bounded: a stranger can bring any number of hosts."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

from shared.addresses.sources import KNOWN_SOURCES

#: Sources that are kept beside those that are known by name, and those of one domain: whoever has one has any number
#: of hosts within.
MAX_SOURCES, MAX_OF_DOMAIN = 2000, 50
#: Bits of an address that a network which one person has may begin with.
_NETWORKS = {4: 24, 6: 48}

T = TypeVar("T")


class Recent(Generic[T]):
    """Something for each source; those that were looked at longest ago are forgotten, known sources never.

    The hosts of one domain take the place of each other first.
    """

    def __init__(
        self, make: Callable[[str], T], most: int = MAX_SOURCES, is_needed: Callable[[T], bool] = lambda _: False
    ) -> None:
        """`make`: what a source begins with. `most`: sources that are kept beside the known ones.

        `is_needed`: what is not forgotten in favour of anything new, which is then not kept itself.
        """
        self._make = make
        self._most = most
        self._is_needed = is_needed
        self._kept: dict[str, T] = {}
        self._of_domains: Counter[str] = Counter()

    def of(self, source: str) -> T:
        """What is known of a source, from now on."""
        found = self._kept.pop(source, None)
        if found is not None:
            self._kept[source] = found
            return found
        made = self._make(source)
        if self._has_place(source):
            self._kept[source] = made
            self._of_domains[domain_of(source)] += 1
        return made

    def known(self, source: str) -> T | None:
        """What is known of a source; None if nothing is."""
        return self._kept.get(source)

    def forget(self, source: str) -> None:
        """Know nothing of a source any more."""
        if self._kept.pop(source, None) is not None:
            domain = domain_of(source)
            self._of_domains[domain] -= 1
            if not self._of_domains[domain]:
                del self._of_domains[domain]

    def _has_place(self, source: str) -> bool:
        """Whether there is a place for one more; it is made if one can be forgotten for it."""
        if source in KNOWN_SOURCES:
            return True
        domain = domain_of(source)
        if self._of_domains[domain] >= MAX_OF_DOMAIN:
            return self._forget_one(other for other in self._kept if domain_of(other) == domain)
        if len(self._kept) >= self._most + len(KNOWN_SOURCES):
            return self._forget_one(iter(self._kept))
        return True

    def _forget_one(self, sources: Iterator[str]) -> bool:
        """Forget the one of them that was looked at longest ago. Returns whether there was one that is not needed."""
        spare = (s for s in sources if s not in KNOWN_SOURCES and not self._is_needed(self._kept[s]))
        victim = next(spare, None)
        if victim is None:
            return False
        self.forget(victim)
        return True

    def __iter__(self) -> Iterator[tuple[str, T]]:
        """Each source with what is known of it, that which was looked at longest ago first."""
        return iter(tuple(self._kept.items()))

    def __len__(self) -> int:
        """How many sources are kept."""
        return len(self._kept)


@lru_cache(maxsize=4 * MAX_SOURCES)
def domain_of(source: str) -> str:
    """The domain, or network, that a source belongs to, as far as its name tells: good for bounds, and nothing else."""
    host = source[1:].partition("]")[0] if source.startswith("[") else source.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ".".join(host.rsplit(".", 2)[-2:])
    return str(ipaddress.ip_network((address, _NETWORKS[address.version]), strict=False))
