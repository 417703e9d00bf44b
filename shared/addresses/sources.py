"""Names the source of a video or playlist: the unit for pace, request budget and breaker. Pure functions.

A source is whoever counts the requests of an egress. All of YouTube's hosts are one source. It is unknown which other
hosts belong together, so each of them is a source of its own: a refusal by one does not affect another.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.addresses.normal_form import host_of
from shared.addresses.youtube import is_youtube

YOUTUBE = "youtube"
#: Sources known by name. All others are hosts, and submissions can name any number of them.
KNOWN_SOURCES = (YOUTUBE,)
#: Stands for all other sources where their number must stay small, as in metric labels.
OTHER = "other"
#: Characters of a source's name: the longest host name, and a port.
MAX_SOURCE = 260
_DEFAULT_PORTS = {"http": 80, "https": 443}


def source_of(id_: str, url: str | None) -> str:
    """The source of a video or playlist: `youtube`, else the host of its address, with any non-default port.

    The address decides, since requests go there; the id is used only if there is no address with a host.
    """
    host = host_named(url)
    if host is None:
        return id_.partition(":")[0][:MAX_SOURCE]
    return YOUTUBE if is_youtube(host) else host


def host_named(url: str | None) -> str | None:
    """The host of an address as a source's name, with any non-default port; None if it has no host."""
    if (found := _parts_of(url)) is None:
        return None
    scheme, host, port = found
    name = host if is_youtube(host) else host.removeprefix("www.")
    return (name if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{name}:{port}")[:MAX_SOURCE]


def origin_of(url: str | None) -> str | None:
    """The origin of an address (scheme, host and port) with bounded length; None if it has no host."""
    if (found := _parts_of(url)) is None:
        return None
    scheme, host, port = found
    return f"{scheme[:MAX_SOURCE]}://{host[:MAX_SOURCE]}{'' if port is None else f':{port}'}/"


def _parts_of(url: str | None) -> tuple[str, str, int | None] | None:
    """Scheme, host (IPv6 in brackets) and port of an address; None if it has no host."""
    try:
        parts = urlsplit(url or "")
        host, port = host_of(parts), parts.port
    except ValueError:
        return None
    return (parts.scheme, f"[{host}]" if ":" in host else host, port) if host else None


def label_of(source: str) -> str:
    """The metric label of a source: its name if it is a known source, else OTHER."""
    return source if source in KNOWN_SOURCES else OTHER
