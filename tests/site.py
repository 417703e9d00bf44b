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
    return client.requests_of(stack.exports, kind, id_)


def set_site_trouble(stack: Stack, trouble: str | None) -> None:
    """Put every video of the site in one trouble; None: each in its own again."""
    client.set_trouble(stack.exports, trouble)


def set_site_latency(stack: Stack, seconds: float) -> None:
    """Let every answer of the site take so much longer."""
    client.set_latency(stack.exports, seconds)
