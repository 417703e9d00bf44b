"""Refuses connections and programs that a site's code starts by itself, which would be neither paced nor counted.

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
from services.scraper.network.program_guard import STARTS


class SiteOverstepped(RuntimeError):
    """A site's code did what it may not. It is no OSError, which libraries would take for a failure of the network."""


class _State:
    """Of the whole process, since a site may start threads."""

    refusing = False


@contextmanager
def refused() -> Iterator[None]:
    """Refuse connections and programs within this block, which runs a site's code."""
    _install()
    with _set(refusing=True):
        yield


@contextmanager
def allowed() -> Iterator[None]:
    """Allow them within this block: it reads a page for a site's code."""
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
    if not _State.refusing:
        return
    if event in SENDING and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        raise SiteOverstepped("a site opens no connections itself; it reads pages with services.scraper.sites.web")
    if event in STARTS:
        raise SiteOverstepped("a site starts no programs")
