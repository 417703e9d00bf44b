"""Reads pages for a site's functions. In a scraper each request is guarded, paced, counted and bounded.

Outside a scraper, as in a site's own tests, pages are read plainly.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from services.scraper.sites.failures import HttpError
from services.scraper.sites.items import HEADER_NAME, HEADER_VALUE

#: Seconds without a byte after which a connection counts as dead, outside a scraper.
READ_SECONDS = 20
#: (address, headers) → the page's body.
Read = Callable[[str, Mapping[str, str]], bytes]


def read(address: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Read a page of at most 64 MB. Raises HttpError for a status of 400 or more; let all other errors pass."""
    return (_read.get() or _Process.reader)(address, headers or {})


def read_json(address: str, headers: Mapping[str, str] | None = None) -> Any:
    """Read a page and decode its JSON. Raises what `read` raises, and ValueError if it is no JSON."""
    return json.loads(read(address, headers))


@contextmanager
def through(reader: Read) -> Iterator[None]:
    """Read pages through `reader` within this block."""
    token = _read.set(reader)
    try:
        yield
    finally:
        _read.reset(token)


def never_plainly(instead: Read) -> None:
    """From now on, in this process, use `instead` wherever no block of `through` does, as in other threads."""
    _Process.reader = instead


def check(address: str, headers: Mapping[str, str]) -> None:
    """Raise ValueError or TypeError for an address or headers that no request can have."""
    if not address.lower().startswith(("http://", "https://")):
        raise ValueError(f"{address[:200]} is not an http or https address")
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise ValueError(f"{name[:200]!r}: {value[:200]!r} is no HTTP header")


def _plainly(address: str, headers: Mapping[str, str]) -> bytes:
    check(address, headers)
    opener = urllib.request.build_opener()
    opener.addheaders = [*headers.items()]
    try:
        with opener.open(address, timeout=READ_SECONDS) as answer:
            body: bytes = answer.read()
            return body
    except urllib.error.HTTPError as error:
        with error:
            raise HttpError(error.code, address) from error


class _Process:
    """How this process reads pages outside `through`."""

    reader: Read = staticmethod(_plainly)


_read: ContextVar[Read | None] = ContextVar("read", default=None)
