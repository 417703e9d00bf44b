"""A client of the site's control port: add playlists, read what was requested. For the demo, tests and benchmarks."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

#: Seconds allowed for one request; with `prepare` the site makes sounds before it answers.
REQUEST_SECONDS = 300


def add_playlist(exports: Mapping[str, str], id_: str, videos: list[dict[str, Any]], **more: Any) -> str:
    """Put a playlist on the site of the stack with these `exports`. Returns its address.

    `more`: `title`, and `prepare=True` to make its sounds now, so that no measurement waits for them.
    """
    body = json.dumps({"id": id_, "videos": videos, **more}).encode()
    url: str = _ask(exports, "/playlists", body)["url"]
    return url


def site_requests(exports: Mapping[str, str]) -> dict[str, Any]:
    """Return everything that the site counted."""
    return _ask(exports, "/requests")


def requests_of(exports: Mapping[str, str], kind: str, id_: str) -> int:
    """Return how often one thing was requested. Fast for a log of any length."""
    number: int = _ask(exports, f"/requests/{kind}/{quote(id_, safe='')}")["count"]
    return number


def set_trouble(exports: Mapping[str, str], trouble: str | None) -> None:
    """Put every video of the site in `trouble`; None: each has its own again."""
    _ask(exports, "/trouble", json.dumps({"trouble": trouble}).encode())


def break_page(exports: Mapping[str, str], list_id: str, page: int, how: str, times: int = 1) -> None:
    """Break a page of a list, counted from 1, a number of times; `dev.site.broken_listing` lists the ways."""
    body = {"list": list_id, "page": page, "how": how, "times": times}
    _ask(exports, "/listing", json.dumps(body).encode())


def set_feed(exports: Mapping[str, str], id_: str, status: int | None) -> None:
    """Answer for the feed of a list or channel (*: all) with an HTTP status; None: with the feed again."""
    _ask(exports, "/feeds", json.dumps({"id": id_, "status": status}).encode())


def set_hub(exports: Mapping[str, str], id_: str, hub: str | None, *, in_header: bool = False) -> None:
    """Name a hub in the feed of a list or channel, or in its Link header; None: in neither."""
    _ask(exports, "/feed-hubs", json.dumps({"id": id_, "hub": hub, "in_header": in_header}).encode())


def set_latency(exports: Mapping[str, str], seconds: float) -> None:
    """Delay every answer of the site by some seconds."""
    _ask(exports, "/latency", json.dumps({"seconds": seconds}).encode())


def set_clock(exports: Mapping[str, str], ahead_seconds: float) -> None:
    """Set the site's clock ahead of the machine's by some seconds; 0: the same time."""
    _ask(exports, "/clock", json.dumps({"ahead_seconds": ahead_seconds}).encode())


def set_budget(exports: Mapping[str, str], requests: int | None, retry_after: int = 0) -> None:
    """Limit the site to a number of further pages and calls, and answer later ones with 429; None: no limit.

    `retry_after`: seconds in the header of the 429; 0: no header.
    """
    _ask(exports, "/budget", json.dumps({"requests": requests, "retry_after": retry_after}).encode())


def set_speed(exports: Mapping[str, str], bytes_per_second: int) -> None:
    """Limit each of the site's connections for media, including open ones, to bytes a second; 0: no limit."""
    _ask(exports, "/speed", json.dumps({"bytes_per_second": bytes_per_second}).encode())


def _ask(exports: Mapping[str, str], path: str, body: bytes | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        exports["FONOTECA_SITE_CONTROL"] + path, body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
