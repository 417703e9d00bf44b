"""Who is asked: the source of a video or playlist, as pace, budget and rests are kept. Pure functions.

A source is whoever counts an address's requests. YouTube is one, whatever its host is called. Of all others nobody
knows which hosts belong together, so each host is one: what a stranger's host refuses is nothing to anybody else's.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from shared.addresses.normal_form import host_of
from shared.addresses.youtube import is_youtube

YOUTUBE = "youtube"
#: Sources that are known by name. All others are hosts, of which a stranger can bring any number.
KNOWN_SOURCES = (YOUTUBE,)
#: What stands for all others where there must be few, as in the labels of metrics.
OTHER = "other"
#: Characters of a name of a source: those that a host may have, and its port.
MAX_SOURCE = 260
_DEFAULT_PORTS = {"http": 80, "https": 443}


def source_of(id_: str, url: str | None) -> str:
    """The source of a video or playlist: `youtube`, else the host of its address, with its port if that is unusual.

    The address decides, since it is what is asked; the id only where there is no address with a host.
    """
    host = host_named(url)
    if host is None:
        return id_.partition(":")[0][:MAX_SOURCE]
    return YOUTUBE if is_youtube(host) else host


def host_named(url: str | None) -> str | None:
    """The host of an address as the name of a source; None if it has none."""
    if (found := _parts_of(url)) is None:
        return None
    scheme, host, port = found
    name = host if is_youtube(host) else host.removeprefix("www.")
    return (name if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{name}:{port}")[:MAX_SOURCE]


def host_part(url: str | None) -> str | None:
    """What of an address tells whom it asks: scheme, host and port, of bounded length; None if it has no host."""
    if (found := _parts_of(url)) is None:
        return None
    scheme, host, port = found
    return f"{scheme[:MAX_SOURCE]}://{host[:MAX_SOURCE]}{'' if port is None else f':{port}'}/"


def _parts_of(url: str | None) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address, an IPv6 address in brackets; None if it has no host."""
    try:
        parts = urlsplit(url or "")
        host, port = host_of(parts), parts.port
    except ValueError:
        return None
    return (parts.scheme, f"[{host}]" if ":" in host else host, port) if host else None


def label_of(source: str) -> str:
    """The source as the labels of metrics have it: all that is not known by name is one."""
    return source if source in KNOWN_SOURCES else OTHER
