"""The site's HTTP handlers: pages, the player calls, and media with all its troubles."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiohttp import web

from dev.site import pages
from dev.site.library import Library, SiteVideo, Trouble
from dev.site.media import MIME_TYPES, SoundMaker

#: Bytes written at once.
CHUNK = 64 * 1024
#: How much of a file is served when it is cut off or cut short.
CUT_AT = 0.6


class Site:
    """The emulated hosts, all in one application: their paths do not collide."""

    def __init__(self, library: Library, sounds: SoundMaker) -> None:
        self._library = library
        self._sounds = sounds

    def application(self) -> web.Application:
        """The aiohttp application to serve behind TLS."""
        app = web.Application(middlewares=[self._slow_down])
        app.router.add_get("/playlist", self.playlist_page)
        app.router.add_get("/watch", self.watch_page)
        app.router.add_get("/videoplayback", self.media)
        app.router.add_post("/youtubei/v1/browse", self.browse)
        app.router.add_post("/youtubei/v1/player", self.player)
        return app

    @web.middleware
    async def _slow_down(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self._library.latency:
            await asyncio.sleep(self._library.latency)
        response: web.StreamResponse = await handler(request)
        return response

    async def playlist_page(self, request: web.Request) -> web.Response:
        """GET /playlist?list=ID"""
        id_ = request.query.get("list", "")
        self._library.count("playlist", id_)
        return web.Response(text=pages.html(None, self._playlist_data(id_)), content_type="text/html")

    async def browse(self, request: web.Request) -> web.Response:
        """POST /youtubei/v1/browse: the list again with its unavailable entries, or a further page of it."""
        body = await request.json()
        if "continuation" in body:
            id_, start = str(body["continuation"]).rsplit(":", 1)
            self._library.count("continuation", id_)
            return web.json_response(pages.continuation(self._library.playlists[id_], self._library.videos, int(start)))
        return web.json_response(self._playlist_data(str(body.get("browseId", "")).removeprefix("VL")))

    def _playlist_data(self, id_: str) -> dict[str, Any]:
        playlist = self._library.playlists.get(id_)
        return pages.playlist_data(playlist, self._library.videos) if playlist else pages.no_such_playlist()

    async def watch_page(self, request: web.Request) -> web.Response:
        """GET /watch?v=ID: a try to get the video begins here."""
        id_ = request.query.get("v", "")
        self._library.count("page", id_)
        video = self._library.videos.get(id_)
        if video is None:
            return web.Response(
                text=pages.html(_unknown_video(id_), {"contents": {"none": {}}}), content_type="text/html"
            )
        return web.Response(
            text=pages.html(self._player_answer(video), pages.watch_data(video)), content_type="text/html"
        )

    async def player(self, request: web.Request) -> web.Response:
        """POST /youtubei/v1/player"""
        id_ = str((await request.json()).get("videoId", ""))
        self._library.count("player", id_)
        video = self._library.videos.get(id_)
        return web.json_response(_unknown_video(id_) if video is None else self._player_answer(video))

    def _player_answer(self, video: SiteVideo) -> dict[str, Any]:
        return pages.player(video, self._library.trouble_of(video))

    async def _bytes(self, video: SiteVideo, codec: str, trouble: Trouble) -> bytes:
        data = (await self._sounds.file(video, codec)).read_bytes()
        if trouble == "cut-short":
            return data[: int(len(data) * CUT_AT)]
        if trouble == "damaged":
            middle = len(data) // 2
            return data[:middle] + b"\x00\xff" * 2000 + data[middle + 4000 :]
        return data

    async def media(self, request: web.Request) -> web.StreamResponse:
        """GET /videoplayback: the sound, whole or by range, in its present trouble."""
        id_, codec = request.query["v"], request.query["codec"]
        self._library.count("media", id_)
        video = self._library.videos[id_]
        trouble = self._library.trouble_of(video)
        if trouble == "server-error":
            raise web.HTTPServiceUnavailable
        if trouble == "forbidden":
            raise web.HTTPForbidden
        if trouble == "reset":
            _reset(request)
        data = await self._bytes(video, codec, trouble)
        first, last = _range_of(request, len(data))
        part = data[first : last + 1]
        headers = {
            "Content-Type": MIME_TYPES[codec],
            "Content-Length": str(len(part)),
            "Content-Range": f"bytes {first}-{last}/{len(data)}",
            "Accept-Ranges": "bytes",
        }
        response = web.StreamResponse(status=206 if "Range" in request.headers else 200, headers=headers)
        self._library.media_open += 1
        self._library.media_open_peak = max(self._library.media_open_peak, self._library.media_open)
        try:
            await response.prepare(request)
            if trouble == "cut-off":
                await response.write(part[: int(len(part) * CUT_AT)])
                _reset(request)
            await _write(response, part, video.bytes_per_second)
            await response.write_eof()
        finally:
            self._library.media_open -= 1
        return response


async def _write(response: web.StreamResponse, part: bytes, bytes_per_second: int) -> None:
    """Write `part`, at `bytes_per_second` unless that is 0."""
    step = min(CHUNK, bytes_per_second // 10 or CHUNK)
    for start in range(0, len(part), step):
        await response.write(part[start : start + step])
        if bytes_per_second:
            await asyncio.sleep(step / bytes_per_second)


def _range_of(request: web.Request, size: int) -> tuple[int, int]:
    """First and last byte that the request asks for."""
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if asked is None:
        return 0, size - 1
    first = int(asked[1])
    if first >= size:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return first, min(int(asked[2]), size - 1) if asked[2] else size - 1


def _reset(request: web.Request) -> None:
    """Break the connection, as a network does."""
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError


def _unknown_video(id_: str) -> dict[str, Any]:
    return pages.player(SiteVideo(id_, "Unknown video"), "unavailable")
