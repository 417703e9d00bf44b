"""Unit tests open no network socket: what needs one is an integration test."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest


class NetworkUsed(RuntimeError):
    """A unit test used the network. Not an OSError, so that no code under test can take it for a failed connection."""


@pytest.fixture(scope="package", autouse=True)
def _no_network() -> Iterator[None]:
    """Makes every connection, listener and name look-up an error; sockets of this process alone (AF_UNIX) work.

    Programs that a test starts are outside its reach.
    """

    def guarded(name: str) -> Any:
        original = getattr(socket.socket, name)

        def method(self: socket.socket, *arguments: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                raise NetworkUsed(f"a unit test called {name} on a network socket: move it to tests/integration")
            return original(self, *arguments)

        return method

    def look_up(host: Any, *_: Any, **__: Any) -> Any:
        raise NetworkUsed(f"a unit test looked up {host!r}: move it to tests/integration")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("listen", "connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(name))
        patch.setattr(socket, "getaddrinfo", look_up)
        yield
