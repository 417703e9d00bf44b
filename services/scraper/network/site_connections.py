"""Refuses connections that a site's code opens by itself, which would be neither paced nor counted.

It finds mistakes, not attacks: whoever installs a package trusts it as much as yt-dlp.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from services.scraper.network.guard import SENDING


class OwnConnection(RuntimeError):
    """A site's code opened a connection. It is no OSError, so that no HTTP library takes it for the network's."""

    def __init__(self) -> None:
        super().__init__("a site opens no connections itself; it reads pages with services.scraper.sites.web")


class _State:
    """Of the whole process, since a site may start threads."""

    refusing = False


@contextmanager
def refused() -> Iterator[None]:
    """Refuse connections within this block, which runs a site's code."""
    _install()
    with _set(refusing=True):
        yield


@contextmanager
def allowed() -> Iterator[None]:
    """Allow connections within this block: it reads a page for a site's code."""
    with _set(refusing=False):
        yield


@contextmanager
def _set(*, refusing: bool) -> Iterator[None]:
    before, _State.refusing = _State.refusing, refusing
    try:
        yield
    finally:
        _State.refusing = before


@cache
def _install() -> None:
    """Install the hook once per process: a hook that is added twice runs twice."""
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if _State.refusing and event in SENDING and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        raise OwnConnection
