"""Which installed sites are used, and which of them takes an address or a video. Reads metadata; imports no site."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from shared.addresses.sources import host_named
from shared.addresses.video_addresses import source_ids_in
from shared.errors import Misconfigured

GROUP = "fonoteca.sites"
#: Values of SCRAPER_SITES that are no names.
ALL, NONE = "all", "none"
#: The form of a site's name.
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
#: A host as requests name it (RFC 1123, with the underscore that DNS has), or an IPv6 address, and perhaps a port.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::[0-9]{{1,5}})?")
#: Before a site's name in ids. yt-dlp's names are those of Python classes and contain no dot, so a site can never give
#: its recordings the ids of another extractor, whatever its name.
_PREFIX = "site."


@dataclass(frozen=True)
class SiteRoute:
    """An installed site, and the hosts whose addresses it takes."""

    name: str
    #: As `host_named` gives them.
    hosts: tuple[str, ...]

    @property
    def extractor(self) -> str:
        """The part of its videos' ids before the colon."""
        return f"{_PREFIX}{self.name}"

    def takes(self, url: str) -> bool:
        """Whether an address is at one of its hosts."""
        return host_named(url) in self.hosts


def site_named_in(video_id: str | None) -> str | None:
    """The name of the site whose video this is; None for a video of any other extractor."""
    extractor = (video_id or "").partition(":")[0]
    return extractor.removeprefix(_PREFIX) if extractor.startswith(_PREFIX) else None


def route_to(url: str, routes: Iterable[SiteRoute]) -> SiteRoute | None:
    """The site that takes an address; None if yt-dlp does."""
    return next((route for route in routes if route.takes(url)), None)


def chosen_sites(setting: str) -> tuple[EntryPoint, ...]:
    """The entry points of the installed sites that SCRAPER_SITES names.

    Raises Misconfigured for a name that no package has, that several packages have, or that is not well formed.
    """
    found = () if setting == NONE else tuple(entry_points(group=GROUP))
    counted = Counter(point.name for point in found)
    names = tuple(counted) if setting in (ALL, NONE) else tuple(part.strip() for part in setting.split(","))
    for name in names:
        if name not in counted:
            installed = ", ".join(sorted(counted)) or "none"
            raise Misconfigured(
                f"SCRAPER_SITES names {name}, which no package provides. Install its package, or remove the name; "
                f"installed are {installed}."
            )
        if counted[name] > 1:
            packages = " and ".join(sorted(package_of(point) for point in found if point.name == name))
            raise Misconfigured(f"Both {packages} provide the site {name}. Remove one of them, then start again.")
        if NAME.fullmatch(name) is None or name in (ALL, NONE):
            raise Misconfigured(f"The site's name {name!r} is not allowed: use small letters, digits and hyphens.")
    return tuple(sorted((point for point in found if point.name in names), key=lambda point: point.name))


def package_of(point: EntryPoint) -> str:
    """The package and version that an entry point comes from."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an unknown package"


def problem_of_host(host: object) -> str | None:
    """Why a site may not take a host, as a sentence; None if it may."""
    if not isinstance(host, str) or not _HOST.fullmatch(host) or {host} != set(map(host_named, _both(host))):
        return f"it names the host {host!r}; write it as archive.example or archive.example:8080, without www."
    if source_ids_in(f"http://{host}/") is not None:
        return f"it takes {host}, which is YouTube's"
    return None


def _both(host: str) -> tuple[str, str]:
    """A host's address by either scheme: a port that is the usual one of either is left out of names."""
    return f"http://{host}", f"https://{host}"


def check_apart(routes: Sequence[SiteRoute]) -> None:
    """Raise Misconfigured if two sites take the same host."""
    taken: dict[str, str] = {}
    for route in routes:
        for host in route.hosts:
            if (other := taken.setdefault(host, route.name)) != route.name:
                raise Misconfigured(
                    f"The sites {other} and {route.name} both take {host}: leave one out (SCRAPER_SITES)."
                )
