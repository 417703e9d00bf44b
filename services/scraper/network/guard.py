"""In a worker process: no connection to anything but the public internet, whatever a page, a redirect or a name says.

yt-dlp has no such guard of its own. This one is where names become addresses, so that the address that was looked at is
the one that is connected to; and, for whatever does not ask for names, where connections are made. What goes through a
configured proxy is looked at by name; the proxy resolves it.
"""

from __future__ import annotations

import http.client
import socket
import sys
import urllib.request
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from shared.addresses.hosts import is_inner_host
from shared.addresses.public_addresses import is_public_address

_resolve = socket.getaddrinfo
_set_tunnel = http.client.HTTPConnection.set_tunnel
_put_request = http.client.HTTPConnection.putrequest

#: What Python tells before it makes a connection or sends something without one.
_SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class NotPublic(OSError):
    """A connection that was not made."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is not on the public internet, so nothing was asked there")


#: URLs of servers that the operator has named: those are meant, wherever they are.
_named: set[str] = set()
#: Addresses and ports that names of those servers resolved to.
_meant_addresses: set[tuple[str, int]] = set()


def guard(named: Iterable[str] = ()) -> None:
    """Install the guard in this process, for good. `named`: URLs of servers that may be asked wherever they are."""
    _named.update(named)
    if socket.getaddrinfo is _guarded_getaddrinfo:
        return
    socket.getaddrinfo = _guarded_getaddrinfo
    http.client.HTTPConnection.set_tunnel = _guarded_set_tunnel  # type: ignore[method-assign,assignment]
    http.client.HTTPConnection.putrequest = _guarded_putrequest  # type: ignore[method-assign,assignment]
    sys.addaudithook(_look)


def _meant() -> set[tuple[str | None, int]]:
    """Host and port of what the operator has named, and of the proxies that the environment configures."""
    parts = [urlsplit(url) for url in (*_named, *urllib.request.getproxies().values())]
    return {(part.hostname, part.port or (443 if part.scheme == "https" else 80)) for part in parts}


def _guarded_getaddrinfo(host: Any, port: Any, *arguments: Any, **more: Any) -> Any:
    found = _resolve(host, port, *arguments, **more)
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if (name, port) in _meant():
        _meant_addresses.update((str(address[4][0]), int(address[4][1])) for address in found)
    elif not all(is_public_address(str(address[4][0])) for address in found):
        raise NotPublic(name)
    return found


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: it ends what would connect to an inner address without having asked for a name."""
    if event not in _SENDING:
        return
    sender, address = arguments[0], arguments[-1]
    if sender.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return
    host, port = str(address[0]), address[1]
    if (host, port) not in _meant_addresses and (host, port) not in _meant() and not is_public_address(host):
        raise NotPublic(host)


def _guarded_set_tunnel(connection: http.client.HTTPConnection, host: str, *arguments: Any, **more: Any) -> None:
    # https through a proxy.
    name = urlsplit(f"//{host}").hostname or host
    if is_inner_host(name):
        raise NotPublic(name)
    _set_tunnel(connection, host, *arguments, **more)


def _guarded_putrequest(
    connection: http.client.HTTPConnection, method: str, url: str, *more: Any, **named: Any
) -> None:
    # Plain http through a proxy, which is asked for whole addresses.
    name = urlsplit(url).hostname if "://" in url else None
    if name is not None and is_inner_host(name):
        raise NotPublic(name)
    _put_request(connection, method, url, *more, **named)
