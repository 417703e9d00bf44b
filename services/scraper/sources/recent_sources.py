"""Keeps a value for each source, within bounds: a stranger can bring any number of hosts."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Generic, TypeVar

from shared.addresses.sources import KNOWN_SOURCES

#: Maximum sources kept besides the known ones, and of one domain: the owner of a domain can create any number of hosts.
MAX_SOURCES, MAX_OF_DOMAIN = 2000, 50
#: IP version → prefix length, in bits, of a network that one person may own.
_NETWORKS = {4: 24, 6: 48}

T = TypeVar("T")


class RecentSources(Generic[T]):
    """A value for each source. The least recently used is forgotten first, a known source never.

    The hosts of one domain take the place of each other first.
    """

    def __init__(
        self, make: Callable[[str], T], most: int = MAX_SOURCES, is_needed: Callable[[T], bool] = lambda _: False
    ) -> None:
        """`make`: the first value of a source. `most`: sources kept besides the known ones.

        `is_needed`: whether a value must stay; if no value may go, a new source is not kept.
        """
        self._make = make
        self._most = most
        self._is_needed = is_needed
        self._kept: dict[str, T] = {}
        #: Domain → its sources, the least recently used first.
        self._of_domains: dict[str, dict[str, None]] = {}

    def of(self, source: str) -> T:
        """Return the value of a source. A new value is kept only if there is a place."""
        found = self._kept.pop(source, None)
        if found is not None:
            self._keep(source, found)
            return found
        made = self._make(source)
        if self._has_place(source):
            self._keep(source, made)
        return made

    def _keep(self, source: str, value: T) -> None:
        """Make it the most recently used."""
        self._kept[source] = value
        of_domain = self._of_domains.setdefault(domain_of(source), {})
        of_domain.pop(source, None)
        of_domain[source] = None

    def known(self, source: str) -> T | None:
        """The value of a source; None if none is kept."""
        return self._kept.get(source)

    def forget(self, source: str) -> None:
        """Drop the value of a source."""
        if self._kept.pop(source, None) is not None:
            domain = domain_of(source)
            del self._of_domains[domain][source]
            if not self._of_domains[domain]:
                del self._of_domains[domain]

    def _has_place(self, source: str) -> bool:
        """Return whether there is a place for one more source, after forgetting another one if necessary."""
        if source in KNOWN_SOURCES:
            return True
        of_domain = self._of_domains.get(domain_of(source), {})
        if len(of_domain) >= MAX_OF_DOMAIN:
            return self._forget_one(iter(of_domain))
        if len(self._kept) >= self._most + len(KNOWN_SOURCES):
            return self._forget_one(iter(self._kept))
        return True

    def _forget_one(self, sources: Iterator[str]) -> bool:
        """Forget the least recently used of them that is not needed. Returns whether there was one."""
        spare = (s for s in sources if s not in KNOWN_SOURCES and not self._is_needed(self._kept[s]))
        victim = next(spare, None)
        if victim is None:
            return False
        self.forget(victim)
        return True

    def __iter__(self) -> Iterator[tuple[str, T]]:
        """Each source with its value, the least recently used first."""
        return iter(tuple(self._kept.items()))

    def __len__(self) -> int:
        """How many sources are kept."""
        return len(self._kept)


@lru_cache(maxsize=4 * MAX_SOURCES)
def domain_of(source: str) -> str:
    """The domain or network of a source, guessed from its name. The guess is good enough for bounds only."""
    host = source[1:].partition("]")[0] if source.startswith("[") else source.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ".".join(host.rsplit(".", 2)[-2:])
    return str(ipaddress.ip_network((address, _NETWORKS[address.version]), strict=False))
