"""Waiting for the running system, by conditions."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from cli.api.client import Client
from cli.errors import CliError

T = TypeVar("T")
#: Seconds within which something must have happened; reached only when it did not.
LIMIT = 120


def eventually(look: Callable[[], T | None], what: str | Callable[[], str], limit: float = LIMIT) -> T:
    """The first true result of `look`. `what`: what is waited for; a function tells it as it is at the end."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        began = time.monotonic()
        if result := look():
            return result
        # A look at tens of thousands of videos takes its time, and should not be what keeps the database busy.
        time.sleep(0.1 + 4 * (time.monotonic() - began))
    pytest.fail(f"after {limit:g} s there was still no {what if isinstance(what, str) else what()}")


def when_ended(client: Client, playlist_id: str, *, videos: int, mirrored: bool = True) -> list[dict[str, Any]]:
    """The videos of a playlist once all are stored (and mirrored) or abandoned."""

    def look() -> list[dict[str, Any]] | None:
        found = list(client.videos(playlist=playlist_id))
        ended = len(found) == videos and all(v["state"] in ("stored", "abandoned") for v in found)
        copied = not mirrored or all(v["mirror"] for v in found if v["state"] == "stored")
        return found if ended and copied else None

    return eventually(look, f"end of {playlist_id}")


def playlist_in(client: Client, playlist_id: str, state: str) -> dict[str, Any]:
    """A playlist once it is in `state`."""

    def look() -> dict[str, Any] | None:
        try:
            playlist = client.playlist(playlist_id)
        except CliError:
            return None
        return playlist if playlist["state"] == state else None

    return eventually(look, f"playlist {playlist_id} in state {state}")
