"""Addresses of the API as clients outside reach them. None of them holds a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self
from urllib.parse import quote, urlencode

from fastapi import Request


class Addresses(NamedTuple):
    """Addresses that begin with `base`, which has no slash at its end."""

    base: str

    @classmethod
    def of(cls, request: Request, public_url: str | None) -> Self:
        """Those of API_PUBLIC_URL; without it, those of whoever asks."""
        return cls((public_url or str(request.base_url)).rstrip("/"))

    def file(self, video_id: str, name: str) -> str:
        """Of one stored file of a video."""
        return f"{self.base}/v1/videos/{quote(video_id, safe=':')}/files/{quote(name, safe='')}"

    def feed(self, playlist_id: str, query: Mapping[str, str | None]) -> str:
        """Of a page of a playlist's feed."""
        given = {name: value for name, value in query.items() if value is not None}
        return f"{self.base}/v1/playlists/{quote(playlist_id, safe=':')}/feed.rss?{urlencode(given)}"
