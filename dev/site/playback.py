"""Serves the media, with everything that can go wrong with it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial

from aiohttp import web

from dev.site.library import Library, SiteVideo
from dev.site.media.fragments import FragmentMaker
from dev.site.media.media import MIME_TYPES, SoundMaker
from dev.site.player.challenge import challenge, solution
from dev.site.trouble import Trouble, trouble_named

#: Bytes written at once.
CHUNK = 64 * 1024
#: Seconds between two writes of a speed-limited answer.
STEP_SECONDS = 0.1
#: Share of a file that is served when it is cut off or cut short.
CUT_AT = 0.6
#: Seconds between checks whether the client of a stalled answer has gone.
LOOK_SECONDS = 0.2


class Playback:
    """The media hosts."""

    def __init__(self, library: Library, sounds: SoundMaker, fragments: FragmentMaker) -> None:
        self._library = library
        self._sounds = sounds
        self._fragments = fragments

    async def media(self, request: web.Request) -> web.StreamResponse:
        """GET /videoplayback: the sound, whole or by range, with the trouble that its address names."""
        id_, codec = request.query["v"], request.query["codec"]
        self._library.count("media", id_)
        video = self._library.video(id_)
        trouble = trouble_named(request.query["trouble"])
        self._check_address(request, video, codec)
        _refuse(request, video, trouble)
        if video.media_redirect:
            raise web.HTTPFound(video.media_redirect)
        if trouble == "empty":
            return web.Response(body=b"", content_type=MIME_TYPES[codec].split(";")[0])
        data = video.media_text.encode("latin-1") or await self._bytes(
            video.heard_in(request.query.get("language", "")), codec, trouble
        )
        self._library.media_open += 1
        self._library.media_open_peak = max(self._library.media_open_peak, self._library.media_open)
        try:
            # Read again each time, because it may change during an answer.
            speed = partial(self._library.conditions.speed, video.bytes_per_second)
            return await _send(request, data, MIME_TYPES[codec], trouble, speed)
        finally:
            self._library.media_open -= 1

    async def fragment(self, request: web.Request) -> web.Response:
        """GET /fragments/ID/index.m3u8 and /fragments/ID/N.ts: a sound in pieces."""
        video = self._library.video(request.match_info["id"])
        name, _, kind = request.match_info["name"].partition(".")
        if kind == "m3u8":
            text = video.manifest or await self._fragments.manifest(video)
            return web.Response(text=text, content_type="application/vnd.apple.mpegurl")
        self._library.count("media", video.id)
        data = await self._fragments.fragment(video, int(name))
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, content_type="video/mp2t")

    def _check_address(self, request: web.Request, video: SiteVideo, codec: str) -> None:
        """Refuse requests during the advertisement, or with an unsolved challenge."""
        query = request.query
        if self._library.conditions.now() < float(query.get("from", 0)):
            self._library.count("early-media", video.id)
            raise web.HTTPForbidden
        if video.challenge and query.get("n") != solution(challenge(video.id, codec, query.get("language", ""))):
            self._library.count("unsolved-media", video.id)
            raise web.HTTPForbidden

    async def _bytes(self, video: SiteVideo, codec: str, trouble: Trouble) -> bytes:
        served = {"opus": "m4a", "m4a": "opus"}[codec] if trouble == "other-codec" else codec
        data = (await self._sounds.file(video, served)).read_bytes()
        if trouble == "cut-short":
            return data[: int(len(data) * CUT_AT)]
        if trouble == "damaged":
            middle = len(data) // 2
            return data[:middle] + b"\x00\xff" * 2000 + data[middle + 4000 :]
        return data


def retry_after(seconds: int) -> dict[str, str] | None:
    """Return the header with the seconds to wait; None for 0."""
    return {"Retry-After": str(seconds)} if seconds else None


def reset(request: web.Request) -> None:
    """Reset the connection, as a network failure does."""
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError


def _refuse(request: web.Request, video: SiteVideo, trouble: Trouble) -> None:
    """Raise the answer that the trouble returns instead of the media, if any."""
    match trouble:
        case "server-error":
            raise web.HTTPServiceUnavailable
        case "forbidden":
            raise web.HTTPForbidden
        case "media-404":
            raise web.HTTPNotFound
        case "media-429":
            raise web.HTTPTooManyRequests(headers=retry_after(video.retry_after))
        case "no-length":
            raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": "bytes */0"})
        case "reset":
            reset(request)


async def _send(
    request: web.Request, data: bytes, mime_type: str, trouble: Trouble, speed: Callable[[], int]
) -> web.StreamResponse:
    first, last = _range_of(request, len(data))
    part = data[first : last + 1]
    headers = {
        "Content-Type": mime_type,
        "Content-Length": str(len(part)),
        "Content-Range": f"bytes {first}-{last}/{len(data)}",
        "Accept-Ranges": "bytes",
    }
    response = web.StreamResponse(status=206 if "Range" in request.headers else 200, headers=headers)
    await response.prepare(request)
    if trouble in ("cut-off", "stalled"):
        await response.write(part[: int(len(part) * CUT_AT)])
        if trouble == "stalled":
            await _until_gone(request)
        reset(request)
    await _write(response, part, speed)
    await response.write_eof()
    return response


async def _until_gone(request: web.Request) -> None:
    """Wait until the client disconnects."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(LOOK_SECONDS)


async def _write(response: web.StreamResponse, part: bytes, speed: Callable[[], int]) -> None:
    """Write `part` at `speed` bytes a second; 0: at full speed."""
    start = 0
    while start < len(part):
        limit = speed()
        step = min(CHUNK, max(1, int(limit * STEP_SECONDS))) if limit else CHUNK
        await response.write(part[start : start + step])
        start += step
        if limit:
            await asyncio.sleep(step / limit)


def _range_of(request: web.Request, size: int) -> tuple[int, int]:
    """Return the first and last byte that the request asks for."""
    asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if asked is None:
        return 0, size - 1
    first = int(asked[1])
    if first >= size:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return first, min(int(asked[2]), size - 1) if asked[2] else size - 1
