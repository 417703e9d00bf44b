"""Tells what the sockets of this process do, for a while: names resolved, connections opened, bytes received.

yt-dlp's request handlers report no times, and its downloader reads in blocks of up to 4 MiB. All of them stand on
Python's own sockets, where each arrival is one call. A handler with sockets of its own (curl) reports nothing here.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

_INTERNET = (socket.AF_INET, socket.AF_INET6)


class Listener(Protocol):
    """Is told of this process's connections to the internet. All times in seconds of `time.perf_counter`."""

    #: Whether it wants to know of bytes that are received.
    receiving: bool

    def resolved(self, host: str, began: float, ended: float) -> None:
        """A name was resolved."""

    def connected(self, address: str, began: float, ended: float) -> None:
        """A connection was opened to an IP address."""

    def secured(self, began: float, ended: float) -> None:
        """TLS was set up on a connection."""

    def received(self, sock: socket.socket, size: int, at: float) -> None:
        """Bytes were received, perhaps on a socket of this machine's own."""


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Report to `listener` while the block runs. Not for blocks inside one another, nor for several threads."""
    resolve, connect = socket.getaddrinfo, socket.socket.connect
    handshake, read = ssl.SSLSocket.do_handshake, socket.SocketIO.readinto
    now = time.perf_counter

    def timed_resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        began = now()
        found = resolve(host, *arguments, **more)
        listener.resolved(host.decode("ascii", "replace") if isinstance(host, bytes) else str(host), began, now())
        return found

    def timed_connect(sock: socket.socket, address: Any) -> None:
        began = now()
        connect(sock, address)
        if sock.family in _INTERNET:
            listener.connected(str(address[0]), began, now())

    def timed_handshake(sock: ssl.SSLSocket, *arguments: Any, **more: Any) -> None:
        began = now()
        handshake(sock, *arguments, **more)
        listener.secured(began, now())

    def counted_read(file: Any, buffer: Any) -> int | None:
        size = read(file, buffer)
        if size and listener.receiving:
            listener.received(file._sock, size, now())  # noqa: SLF001  # it has no public name
        return size

    with (
        _replaced(socket, "getaddrinfo", timed_resolve),
        _replaced(socket.socket, "connect", timed_connect),
        _replaced(ssl.SSLSocket, "do_handshake", timed_handshake),
        _replaced(socket.SocketIO, "readinto", counted_read),
    ):
        yield


@contextmanager
def _replaced(owner: Any, name: str, by: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, by)
    try:
        yield
    finally:
        setattr(owner, name, before)
