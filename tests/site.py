"""The local site as tests use it, through the stack that runs it."""

from __future__ import annotations

from typing import Any

from dev.site import client
from dev.stack import Stack


def add_playlist_to_site(stack: Stack, id_: str, videos: list[dict[str, Any]], **more: Any) -> str:
    """Put a playlist on the site. Returns its address."""
    return client.add_playlist(stack.exports, id_, videos, **more)


def site_requests(stack: Stack) -> dict[str, Any]:
    """Everything the site counted."""
    return client.site_requests(stack.exports)


def requests_of(stack: Stack, kind: str, id_: str) -> int:
    """How often one thing was asked for."""
    number: int = site_requests(stack)["counts"].get(kind, {}).get(id_, 0)
    return number
