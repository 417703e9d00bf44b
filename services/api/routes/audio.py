"""/v1/videos/{id}/audio: listening to what is stored.

The sound passes through the API: the object store need not be reachable for whoever listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.api.backend import BackendDep
from services.api.byte_ranges import ByteRange, Unsatisfiable, wanted
from services.api.heads import HEADERS_ONLY
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
    request: Request,
    video_id: VideoId,
    backend: BackendDep,
    profile: Annotated[Text | None, Query(description="Which of its profiles; absent: the main one.")] = None,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
) -> Response:
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
    whole = ByteRange(0, audio["size_bytes"])
    offset, length = part or whole
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(length), "ETag": etag} | _named(video, audio)
    if part is not None:
        headers["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{audio['size_bytes']}"
    status, type_ = 200 if part is None else 206, content_type_of(audio["key"])
    if request.scope.get(HEADERS_ONLY):
        await _look(backend.store, audio["key"])
        return Response(status_code=status, headers=headers, media_type=type_)
    opened = await _open(backend.store, audio["key"], part)
    return StreamingResponse(_pieces(opened), status_code=status, headers=headers, media_type=type_)


def _chosen(video: Video, profile: str | None) -> Audio:
    stored: Sequence[Audio] = [video["audio"], *video.get("further", ())] if "audio" in video else []
    for audio in stored:
        if profile in (None, audio["profile"]):
            return audio
    there = ", ".join(audio["profile"] for audio in stored) or "nothing"
    raise Problem(404, f"{video['_id']} is {video['state']}; of it is stored: {there}.")


async def _open(store: ObjectStore, key: str, part: ByteRange | None) -> AbstractContextManager[ObjectReading]:
    """Begin to read, before the answer begins: afterwards it is too late for a problem."""
    offset, length = part or (0, 0)
    try:
        return await asyncio.to_thread(store.reading, key, offset, length)
    except ObjectMissing as error:
        raise _missing(key) from error
    except STORE_ERRORS as error:
        raise Unavailable(f"the object store: {error}") from error


async def _look(store: ObjectStore, key: str) -> None:
    """Whether it could be read, without reading it. Raises the same problems."""
    try:
        found = await store.stat(key)
    except STORE_ERRORS as error:
        raise Unavailable(f"the object store: {error}") from error
    if found is None:
        raise _missing(key)


def _missing(key: str) -> Problem:
    return Problem(404, f"{key} is not in the object store; `fonoteca audit` finds and mends that.")


#: Readings that are being closed.
_closing: set[asyncio.Task[None]] = set()


async def _pieces(opened: AbstractContextManager[ObjectReading]) -> AsyncIterator[bytes]:
    stream = opened.__enter__().stream
    under_way: asyncio.Future[bytes] | None = None
    try:
        while True:
            under_way = asyncio.ensure_future(asyncio.to_thread(stream.read, PIECE))
            # Whoever listens may go away at any moment; the thread cannot.
            if not (piece := await asyncio.shield(under_way)):
                return
            yield piece
    finally:
        closing = asyncio.create_task(_close(opened, under_way))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)


async def _close(opened: AbstractContextManager[ObjectReading], under_way: asyncio.Future[bytes] | None) -> None:
    """Close a reading when its last read is over, in a thread: a store that is stuck would hold up all else."""
    if under_way is not None:
        await asyncio.wait({under_way})
        # Nobody asks for it any more; a store that failed meanwhile is no news.
        if not under_way.cancelled():
            under_way.exception()
    await asyncio.to_thread(opened.__exit__, None, None, None)


def _named(video: Video, audio: Audio) -> dict[str, str]:
    """The name under which a browser saves it."""
    title = (video["title"] or video["_id"])[:150]
    name = f"{title}.{audio['key'].rpartition('.')[2]}"
    return {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}"}
