"""/v1/videos/{id}/audio: listening to what is stored.

The sound passes through the API: the object store need not be reachable for whoever listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from services.api.backend import BackendDep
from services.api.byte_ranges import ByteRange, Unsatisfiable, wanted
from services.api.inputs import Text, VideoId
from services.api.problems import Problem, documented
from services.api.routes.videos import video_of
from shared.catalog.documents import Audio, Video
from shared.errors import Unavailable
from shared.storage.keys import content_type_of
from shared.storage.objects import STORE_ERRORS, ObjectMissing, ObjectReading, ObjectStore

router = APIRouter(prefix="/v1/videos", tags=["videos"])

#: Bytes read at once.
PIECE = 256 * 1024


@router.get(
    "/{video_id}/audio",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "The bytes that Range asks for."},
        **documented(404, 416),
    },
)
async def listen(
    video_id: VideoId,
    backend: BackendDep,
    profile: Annotated[Text | None, Query(description="Which of its profiles; absent: the main one.")] = None,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
) -> StreamingResponse:
    """The stored sound, whole or the bytes that Range asks for."""
    video = await video_of(backend.catalog, video_id)
    audio = _chosen(video, profile)
    etag = f'"{audio["sha256"]}"'
    try:
        # Of an object that has changed meanwhile, a part would not fit what the client has.
        part = wanted(range_ if if_range in (None, etag) else None, audio["size_bytes"])
    except Unsatisfiable as error:
        size = {"Content-Range": f"bytes */{audio['size_bytes']}"}
        raise Problem(416, f"It has {audio['size_bytes']} bytes.", size) from error
    opened = AsyncExitStack()
    reading = await _open(backend.store, opened, audio["key"], part)
    whole = ByteRange(0, audio["size_bytes"])
    offset, length = part or whole
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(length), "ETag": etag} | _named(video, audio)
    if part is not None:
        headers["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{audio['size_bytes']}"
    return StreamingResponse(
        _pieces(reading, opened),
        status_code=200 if part is None else 206,
        headers=headers,
        media_type=content_type_of(audio["key"]),
    )


def _chosen(video: Video, profile: str | None) -> Audio:
    stored: Sequence[Audio] = [video["audio"], *video.get("further", ())] if "audio" in video else []
    for audio in stored:
        if profile in (None, audio["profile"]):
            return audio
    there = ", ".join(audio["profile"] for audio in stored) or "nothing"
    raise Problem(404, f"{video['_id']} is {video['state']}; of it is stored: {there}.")


async def _open(store: ObjectStore, opened: AsyncExitStack, key: str, part: ByteRange | None) -> ObjectReading:
    """Begin to read, before the answer begins: afterwards it is too late for a problem."""
    offset, length = part or (0, 0)
    try:
        context = await asyncio.to_thread(store.reading, key, offset, length)
    except ObjectMissing as error:
        raise Problem(404, f"{key} is not in the object store; `fonoteca audit` finds and mends that.") from error
    except STORE_ERRORS as error:
        raise Unavailable(f"the object store: {error}") from error
    opened.callback(context.__exit__, None, None, None)
    return context.__enter__()


async def _pieces(reading: ObjectReading, opened: AsyncExitStack) -> AsyncIterator[bytes]:
    async with opened:
        while piece := await asyncio.to_thread(reading.stream.read, PIECE):
            yield piece


def _named(video: Video, audio: Audio) -> dict[str, str]:
    """The name under which a browser saves it."""
    title = (video["title"] or video["_id"])[:150]
    name = f"{title}.{audio['key'].rpartition('.')[2]}"
    return {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}"}
