"""The local site's control port, as tests use it: add playlists, ask what was requested."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from dev.stack import Stack


def add_playlist_to_site(stack: Stack, id_: str, videos: list[dict[str, Any]], **more: Any) -> str:
    """Put a playlist on the site. Returns its address."""
    body = json.dumps({"id": id_, "videos": videos, **more}).encode()
    request = urllib.request.Request(_control(stack, "/playlists"), body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        url: str = json.load(answer)["url"]
    return url


def site_requests(stack: Stack) -> dict[str, Any]:
    """Everything the site counted."""
    with urllib.request.urlopen(_control(stack, "/requests")) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def requests_of(stack: Stack, kind: str, id_: str) -> int:
    """How often one thing was asked for."""
    number: int = site_requests(stack)["counts"].get(kind, {}).get(id_, 0)
    return number


def _control(stack: Stack, path: str) -> str:
    return stack.exports["FONOTECA_SITE_CONTROL"] + path
