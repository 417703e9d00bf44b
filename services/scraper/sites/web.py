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

#: Seconds without a byte after which a connection counts as dead, outside a scraper.
READ_SECONDS = 20
#: (address, headers) → the page's body.
Read = Callable[[str, Mapping[str, str]], bytes]


def read(address: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Read a page of at most 64 MB. Raises HttpError for a status of 400 or more; let all other errors pass."""
    if not address.lower().startswith(("http://", "https://")):
        raise ValueError(f"{address[:200]} is not an http or https address")
    return _read.get()(address, headers or {})


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


def _plainly(address: str, headers: Mapping[str, str]) -> bytes:
    opener = urllib.request.build_opener()
    opener.addheaders = [*headers.items()]
    try:
        with opener.open(address, timeout=READ_SECONDS) as answer:
            body: bytes = answer.read()
            return body
    except urllib.error.HTTPError as error:
        with error:
            raise HttpError(error.code, address) from error


_read: ContextVar[Read] = ContextVar("read", default=_plainly)
