"""Sends an object of the store as an HTTP response: all of it, or the bytes that Range asks for.

The bytes pass through the API, so clients need no way to the object store.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from services.api.auth.principal import Principal
from services.api.backend import Backend
from services.api.http.middleware.head_requests import HEADERS_ONLY
from services.api.http.problems import Problem
from services.api.http.ranges import ByteRange, UnsatisfiableRange, parse_range
from shared.catalog.videos.stored_objects import StoredObject
from shared.errors import StoreError, Unavailable
from shared.storage.keys import content_type_of
from shared.storage.s3.objects import ObjectMissing, ObjectStore
from shared.storage.s3.reading import ObjectReading

#: Bytes read from the store at once.
PIECE = 256 * 1024


@dataclass(frozen=True)
class ObjectRequest:
    """Which bytes of an object a request asks for."""

    range_: str | None
    if_range: str | None
    #: Whether the request is a HEAD: see `HeadRequests`.
    headers_only: bool

    def range_of(self, etag: str, size_bytes: int) -> ByteRange | None:
        """The bytes to send of an object with this ETag; None: all of them. Raises UnsatisfiableRange."""
        # A part of an object that has changed would not fit the part that the client already has.
        return parse_range(self.range_ if self.if_range in (None, etag) else None, size_bytes)


async def _object_request(
    request: Request,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
) -> ObjectRequest:
    return ObjectRequest(range_, if_range, bool(request.scope.get(HEADERS_ONLY)))


ObjectRequestDep = Annotated[ObjectRequest, Depends(_object_request)]


async def object_response(
    backend: Backend, principal: Principal, request: ObjectRequest, stored: StoredObject, disposition: str
) -> Response:
    """The response with the object, or with the bytes that the request asks for. Its ETag is the object's SHA-256.

    Raises a Problem: 404 if the object is not in the store, 416 if it has no such bytes, 503 if too many responses are
    being sent. Raises Unavailable if the store does not answer.
    """
    etag = f'"{stored.sha256}"'
    try:
        part = request.range_of(etag, stored.size_bytes)
    except UnsatisfiableRange as error:
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
    if request.headers_only:
        await require_object(backend.store, stored.key)
        return Response(status_code=status, headers=headers, media_type=type_)
    with ExitStack() as held:
        held.enter_context(backend.streams.hold(principal.key_id))
        reading = await _open(backend.store, stored.key, part)
        # From here on the response holds the slot, until it has closed the reading.
        return _ObjectResponse(reading, held.pop_all().close, status_code=status, headers=headers, media_type=type_)


async def require_object(store: ObjectStore, key: str) -> None:
    """Check that the store has an object. Raises a Problem (404) if it has not, and Unavailable."""
    try:
        found = await store.stat(key)
    except StoreError as error:
        raise Unavailable(f"the object store: {error}") from error
    if found is None:
        raise _missing(key)


async def _open(store: ObjectStore, key: str, part: ByteRange | None) -> AbstractContextManager[ObjectReading]:
    """Begin to read before the response begins: after that, an error can no longer change its status."""
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


class _ResponseCutShort(Exception):
    """The store became unavailable while the response was being sent: the connection ends."""


#: Tasks that close readings. The event loop keeps only weak references to tasks.
_closing: set[asyncio.Task[None]] = set()


class _ObjectResponse(StreamingResponse):
    """A response that closes its reading however it ends, even if it never begins."""

    def __init__(
        self, reading: AbstractContextManager[ObjectReading], on_closed: Callable[[], None], **options: Any
    ) -> None:
        """`on_closed` is called when the reading is closed."""
        self._reading = reading
        self._on_closed = on_closed
        self._pending_read: asyncio.Future[bytes] | None = None
        super().__init__(self._pieces(), **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            closing = asyncio.create_task(self._close())
            _closing.add(closing)
            closing.add_done_callback(_closing.discard)

    async def _pieces(self) -> AsyncIterator[bytes]:
        stream = self._reading.__enter__().stream
        while True:
            self._pending_read = asyncio.ensure_future(asyncio.to_thread(stream.read, PIECE))
            try:
                # The client may disconnect at any moment, but a thread cannot be cancelled.
                piece = await asyncio.shield(self._pending_read)
            except StoreError as error:
                raise _ResponseCutShort(str(error)) from error
            if not piece:
                return
            yield piece

    async def _close(self) -> None:
        """Close the reading after its last read, in a thread: a stuck store must not block the event loop."""
        try:
            if self._pending_read is not None:
                await asyncio.wait({self._pending_read})
                # Retrieve the error of a read that nobody waits for, or asyncio logs it.
                if not self._pending_read.cancelled():
                    self._pending_read.exception()
            await asyncio.to_thread(self._reading.__exit__, None, None, None)
        finally:
            self._on_closed()
