"""/v1/videos/{id}/audio: listening to what is stored.

The sound passes through the API: the object store need not be reachable for whoever listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.api.access import HolderDep
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
    holder: HolderDep,
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
    backend.streams.take(holder.key_id)
    try:
        opened = await _open(backend.store, audio["key"], part)
    except BaseException:
        backend.streams.give_back(holder.key_id)
        raise
    answer = _Sound(opened, status_code=status, headers=headers, media_type=type_)
    answer.when_closed(partial(backend.streams.give_back, holder.key_id))
    return answer


def _chosen(video: Video, profile: str | None) -> Audio:
    stored: Sequence[Audio] = [video["audio"], *video.get("further", ())] if "audio" in video else []
    for audio in stored:
        if profile in (None, audio["profile"]):
            return audio
    there = ", ".join(audio["profile"] for audio in stored) or "nothing"
    raise Problem(404, f"{video['_id']} is {video['state']}; of it is stored: {there}.", code="not-stored")


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
    return Problem(
        404,
        f"{key} is not in the object store; `fonoteca audit --repair` finds and repairs that.",
        code="object-missing",
    )


#: Readings that are being closed.
_closing: set[asyncio.Task[None]] = set()


class _Sound(StreamingResponse):
    """An answer that closes its reading, however it ends, and also if it never begins."""

    def __init__(self, opened: AbstractContextManager[ObjectReading], **options: Any) -> None:
        self._opened = opened
        self._under_way: asyncio.Future[bytes] | None = None
        self._closed: Callable[[], None] = lambda: None
        super().__init__(self._pieces(), **options)

    def when_closed(self, call: Callable[[], None]) -> None:
        """Call this when nothing is read any more."""
        self._closed = call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            closing = asyncio.create_task(self._close())
            _closing.add(closing)
            closing.add_done_callback(_closing.discard)

    async def _pieces(self) -> AsyncIterator[bytes]:
        stream = self._opened.__enter__().stream
        while True:
            self._under_way = asyncio.ensure_future(asyncio.to_thread(stream.read, PIECE))
            # Whoever listens may go away at any moment; the thread cannot.
            if not (piece := await asyncio.shield(self._under_way)):
                return
            yield piece

    async def _close(self) -> None:
        """Close the reading when its last read is over, in a thread: a store that is stuck would hold up all else."""
        try:
            if self._under_way is not None:
                await asyncio.wait({self._under_way})
                # Nobody asks for it any more; a store that failed meanwhile is no news.
                if not self._under_way.cancelled():
                    self._under_way.exception()
            await asyncio.to_thread(self._opened.__exit__, None, None, None)
        finally:
            self._closed()


def _named(video: Video, audio: Audio) -> dict[str, str]:
    """The name under which a browser saves it."""
    title = (video["title"] or video["_id"])[:150]
    name = f"{title}.{audio['key'].rpartition('.')[2]}"
    return {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}"}
