"""Addresses of the API as clients outside reach it. None of them contains a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self
from urllib.parse import quote, urlencode

from fastapi import Request


class Addresses(NamedTuple):
    """Makes addresses that begin with `base`, which has no trailing slash."""

    base: str

    @classmethod
    def of(cls, request: Request, public_url: str | None) -> Self:
        """Addresses below API_PUBLIC_URL; without it, below the host that the request names."""
        return cls((public_url or str(request.base_url)).rstrip("/"))

    def file(self, video_id: str, name: str) -> str:
        """The address of one stored file of a video."""
        return f"{self.base}/v1/videos/{quote(video_id, safe=':')}/files/{quote(name, safe='')}"

    def feed(self, playlist_id: str, query: Mapping[str, str | None]) -> str:
        """The address of a page of a playlist's feed."""
        given = {name: value for name, value in query.items() if value is not None}
        return f"{self.base}/v1/playlists/{quote(playlist_id, safe=':')}/feed.rss?{urlencode(given)}"
