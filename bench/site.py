"""Puts playlists on the local site for the benchmarks."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from dev.stack import Stack


def add_playlist(stack: Stack, id_: str, videos: list[dict[str, Any]], *, prepare: bool = False) -> str:
    """Add a playlist; with `prepare` its sounds are made now, so that no measurement waits for them."""
    body = json.dumps({"id": id_, "videos": videos, "prepare": prepare}).encode()
    request = urllib.request.Request(
        stack.exports["FONOTECA_SITE_CONTROL"] + "/playlists", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        url: str = json.load(answer)["url"]
    return url
