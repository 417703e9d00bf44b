"""An object of the store as an answer: whole or the bytes that Range asks for, piece by piece.

It passes through the API: the object store need not be reachable for whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.api.auth.authenticator import Principal
from services.api.backend import Backend
from services.api.http.heads import HEADERS_ONLY
from services.api.http.problems import Problem
from services.api.http.ranges import ByteRange, Unsatisfiable, wanted
from shared.catalog.videos.stored_objects import StoredObject
from shared.errors import StoreError, Unavailable
from shared.storage.keys import content_type_of
from shared.storage.objects import ObjectMissing, ObjectReading, ObjectStore

#: Bytes read at once.
PIECE = 256 * 1024


@dataclass(frozen=True)
class Asked:
    """What a request says of the bytes it wants."""

    range_: str | None
    if_range: str | None
    headers_only: bool


async def _asked(
    request: Request,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
) -> Asked:
    return Asked(range_, if_range, bool(request.scope.get(HEADERS_ONLY)))


AskedDep = Annotated[Asked, Depends(_asked)]


async def object_answer(
    backend: Backend, holder: Principal, asked: Asked, stored: StoredObject, disposition: str
) -> Response:
    """The object, or the bytes of it that are asked for. Its ETag is its SHA-256.

    Raises a Problem if it has no such bytes or is not in the store, and Unavailable if the store is away.
    """
    etag = f'"{stored.sha256}"'
    try:
        # Of an object that has changed meanwhile, a part would not fit what the client has.
        part = wanted(asked.range_ if asked.if_range in (None, etag) else None, stored.size_bytes)
    except Unsatisfiable as error:
        size = {"Content-Range": f"bytes */{stored.size_bytes}"}
        raise Problem(416, f"It has {stored.size_bytes} bytes.", size) from error
    offset, length = part or ByteRange(0, stored.size_bytes)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(length),
        "ETag": etag,
        "Content-Disposition": disposition,
    }
    if part is not None:
        headers["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{stored.size_bytes}"
    status, type_ = 200 if part is None else 206, content_type_of(stored.key)
    if asked.headers_only:
        await must_be_there(backend.store, stored.key)
        return Response(status_code=status, headers=headers, media_type=type_)
    backend.streams.take(holder.key_id)
    try:
        opened = await _open(backend.store, stored.key, part)
    except BaseException:
        backend.streams.give_back(holder.key_id)
        raise
    answer = _ObjectAnswer(opened, status_code=status, headers=headers, media_type=type_)
    answer.when_closed(partial(backend.streams.give_back, holder.key_id))
    return answer


async def must_be_there(store: ObjectStore, key: str) -> None:
    """Whether it could be read, without reading it. Raises the same problems."""
    try:
        found = await store.stat(key)
    except StoreError as error:
        raise Unavailable(f"the object store: {error}") from error
    if found is None:
        raise _missing(key)


async def _open(store: ObjectStore, key: str, part: ByteRange | None) -> AbstractContextManager[ObjectReading]:
    """Begin to read, before the answer begins: afterwards it is too late for a problem."""
    offset, length = part or (0, 0)
    try:
        return await asyncio.to_thread(store.reading, key, offset, length)
    except ObjectMissing as error:
        raise _missing(key) from error
    except StoreError as error:
        raise Unavailable(f"the object store: {error}") from error


def _missing(key: str) -> Problem:
    return Problem(
        404, f"{key} is not in the object store; `fonoteca audit` finds and repairs that.", code="object-missing"
    )


class AnswerCutShort(Exception):
    """The store went away in the middle of an answer. It is too late for a problem: the connection ends."""


#: Readings that are being closed.
_closing: set[asyncio.Task[None]] = set()


class _ObjectAnswer(StreamingResponse):
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
            try:
                # Whoever listens may go away at any moment; the thread cannot.
                piece = await asyncio.shield(self._under_way)
            except StoreError as error:
                raise AnswerCutShort(str(error)) from error
            if not piece:
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
