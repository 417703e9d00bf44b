"""Which hub tells of a feed's changes: what its headers and its links say (WebSub, 4). Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urljoin

from pydantic import TypeAdapter, ValidationError
from requests.utils import parse_header_links

from services.scraper.engines.values import NamedHub
from shared.addresses.feeds import hub_of
from shared.contracts.base import WebUrl

_WEB_URL = TypeAdapter[str](WebUrl)


def named_hub(feed: str, headers: Iterable[str], links: Iterable[Mapping[str, str]]) -> NamedHub:
    """Return the hub of a feed. `headers`: the values of its Link headers; `links`: those within it.

    The headers come first, as WebSub prescribes. A feed that does not say its own address is known by the one at which
    it was read.
    """
    found: dict[str, str] = {}
    for relation, href in (*_in_headers(headers), *_in_feed(links)):
        address = _web_address(feed, href)
        if address is not None:
            found.setdefault(relation, address)
    if "hub" in found:
        return NamedHub(found["hub"], found.get("self", feed))
    known = hub_of(feed)
    return NamedHub(*known) if known is not None else NamedHub()


def _in_headers(headers: Iterable[str]) -> Iterator[tuple[str, str]]:
    for header in headers:
        for link in parse_header_links(header):
            for relation in re.split(r"\s+", str(link.get("rel", "")).lower()):
                yield relation, str(link.get("url", ""))


def _in_feed(links: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for link in links:
        yield str(link.get("rel", "")).lower(), str(link.get("href", ""))


def _web_address(feed: str, href: str) -> str | None:
    try:
        return _WEB_URL.validate_python(urljoin(feed, href)) if href else None
    except (ValidationError, ValueError):
        return None
