"""Serves the videos' pictures and captions."""

from __future__ import annotations

from aiohttp import web

from dev.site.library import Library
from dev.site.media import captions
from dev.site.media.covers import SIZES, Covers
from dev.site.playback import retry_after


class Companions:
    """The handlers of the hosts for pictures and of the address for captions."""

    def __init__(self, library: Library, covers: Covers) -> None:
        self._library = library
        self._covers = covers

    async def thumbnail(self, request: web.Request) -> web.FileResponse:
        """GET /vi/ID/NAME.jpg, and /vi_webp/ID/NAME.webp, which never exist."""
        video = self._library.video(request.match_info["id"])
        name = request.match_info["name"]
        self._library.count("thumbnail", video.id)
        if not video.cover or name not in SIZES:
            raise web.HTTPNotFound
        return web.FileResponse(await self._covers.file(video, name))

    async def captions(self, request: web.Request) -> web.Response:
        """GET /api/timedtext?v=ID&lang=…[&kind=asr][&tlang=…]&fmt=vtt: WebVTT, the only format."""
        query = request.query
        video = self._library.video(query.get("v", ""))
        self._library.count("captions", video.id)
        if video.captions_status != 200:
            return web.Response(status=video.captions_status, headers=retry_after(video.retry_after))
        language = query.get("lang", "")
        if query.get("fmt") != "vtt" or not captions.has(video, language, query.get("kind", "")):
            raise web.HTTPNotFound
        return web.Response(text=captions.vtt(video, query.get("tlang", language)), content_type="text/vtt")
