"""Keeps a worker process off everything but the public internet, whatever a page, a redirect or a DNS answer says.

yt-dlp has no such guard. Addresses are checked where names are resolved, so that the checked address is the one that
is connected to, and again where connections are opened, for code that resolves no names. Requests through a configured
proxy are checked by name; the proxy resolves it.
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

#: Audit events that Python raises before it connects, or sends without a connection.
SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg"}


class NotPublic(OSError):
    """A connection to a non-public address was refused. Nothing was sent."""

    def __init__(self, host: str) -> None:
        super().__init__(f"{host} is not on the public internet, so no request was sent")


#: URLs of servers that the operator configured; they may be anywhere.
_configured: set[str] = set()
#: Addresses and ports that those servers' names resolved to.
_allowed_addresses: set[tuple[str, int]] = set()


def guard(configured: Iterable[str] = ()) -> None:
    """Install the guard in this process, permanently. `configured`: URLs of servers that may be at any address."""
    _configured.update(configured)
    if socket.getaddrinfo is _guarded_getaddrinfo:
        return
    socket.getaddrinfo = _guarded_getaddrinfo
    http.client.HTTPConnection.set_tunnel = _guarded_set_tunnel  # type: ignore[method-assign,assignment]  # patched on purpose
    http.client.HTTPConnection.putrequest = _guarded_putrequest  # type: ignore[method-assign,assignment]  # patched on purpose
    sys.addaudithook(_check)


def _allowed() -> set[tuple[str | None, int]]:
    """Return host and port of the configured servers, and of the proxies in the environment."""
    parts = [urlsplit(url) for url in (*_configured, *urllib.request.getproxies().values())]
    return {(part.hostname, part.port or (443 if part.scheme == "https" else 80)) for part in parts}


def _guarded_getaddrinfo(host: Any, port: Any, *arguments: Any, **more: Any) -> Any:
    found = _resolve(host, port, *arguments, **more)
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if (name, port) in _allowed():
        _allowed_addresses.update((str(address[4][0]), int(address[4][1])) for address in found)
    elif not all(is_public_address(str(address[4][0])) for address in found):
        raise NotPublic(name)
    return found


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: refuse a connection to an address that was not resolved through the guarded getaddrinfo."""
    if event not in SENDING:
        return
    sender, address = arguments[0], arguments[-1]
    if sender.family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
        return
    host, port = str(address[0]), address[1]
    if (host, port) not in _allowed_addresses and (host, port) not in _allowed() and not is_public_address(host):
        raise NotPublic(host)


def _guarded_set_tunnel(connection: http.client.HTTPConnection, host: str, *arguments: Any, **more: Any) -> None:
    # HTTPS through a proxy.
    name = urlsplit(f"//{host}").hostname or host
    if is_inner_host(name):
        raise NotPublic(name)
    _set_tunnel(connection, host, *arguments, **more)


def _guarded_putrequest(
    connection: http.client.HTTPConnection, method: str, url: str, *more: Any, **named: Any
) -> None:
    # Plain HTTP through a proxy, whose request line holds the complete URL.
    name = urlsplit(url).hostname if "://" in url else None
    if name is not None and is_inner_host(name):
        raise NotPublic(name)
    _put_request(connection, method, url, *more, **named)
