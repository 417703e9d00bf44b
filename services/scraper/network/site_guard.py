"""Refuses connections and programs that a site's code starts by itself, which would be neither paced nor counted.

It finds mistakes, not attacks: whoever installs a package trusts it as much as yt-dlp.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar

from services.scraper.network.guard import SENDING
from services.scraper.network.program_guard import STARTS

#: Refusals that are kept; the first is told.
_MOST_NOTED = 10


class SiteOverstepped(RuntimeError):
    """A site's code did what it may not. It is no OSError, which libraries would take for a failure of the network."""


class _State:
    """Of the whole process, since a site may start threads."""

    refusing = False
    #: Connections and reads that were refused since `forget`: a site may swallow it.
    refusals: ClassVar[list[SiteOverstepped]] = []


class _Thread(threading.local):
    """Of one thread: a page that it reads allows no other thread anything meanwhile."""

    allowed = False


@contextmanager
def refused() -> Iterator[None]:
    """Refuse connections and programs within this block, which runs a site's code."""
    _install()
    before, _State.refusing = _State.refusing, True
    try:
        yield
    finally:
        _State.refusing = before


@contextmanager
def allowed() -> Iterator[None]:
    """Allow them to this thread within this block: it reads a page for a site's code."""
    before, _thread.allowed = _thread.allowed, True
    try:
        yield
    finally:
        _thread.allowed = before


def overstepped(text: str) -> SiteOverstepped:
    """Note that a site tried to read what it may not, and return the error to raise."""
    refusal = SiteOverstepped(text)
    if len(_State.refusals) < _MOST_NOTED:
        _State.refusals.append(refusal)
    return refusal


def first_refusal() -> SiteOverstepped | None:
    """The first refused connection or read since `forget`; None if there was none."""
    return next(iter(_State.refusals), None)


def forget() -> None:
    """Forget what was refused, before another piece of work."""
    _State.refusals.clear()


_thread = _Thread()


@cache
def _install() -> None:
    """Install the hook once per process: a hook that is added twice runs twice."""
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if not _State.refusing or _thread.allowed:
        return
    if event in SENDING and arguments[0].family in (socket.AF_INET, socket.AF_INET6):
        raise overstepped("a site opens no connections itself; it reads pages with services.scraper.sites.web")
    if event in STARTS:
        # Not noted: libraries look for programs when they are imported, and can do without.
        raise SiteOverstepped("a site starts no programs")
