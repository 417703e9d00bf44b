"""/v1/parked: messages that no code could process; read, replay, drop."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.api.auth.authenticator import needs
from services.api.backend import BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor, Text
from services.api.http.problems import Problem, documented
from services.api.schemas.operations import ParkedOut, ParkedPage
from shared.catalog.documents import Parked, Scope
from shared.catalog.operations.parked import MAX_REASON, PREVIEW_BYTES, drop, parked_message, parked_page

router = APIRouter(prefix="/v1/parked", tags=["parked"])

#: Seconds until a replayed message is in its queue: it goes there through the delay tree.
REPLAY_SECONDS = 1
#: Bytes of a body that are shown where one message is asked for. Few messages of ours have more.
SHOWN_BYTES = 64 * 1024


def parked_out(parked: Parked, shown_bytes: int) -> ParkedOut:
    """A parked message, the beginning of its body as text."""
    body = parked["body"][:shown_bytes]
    return ParkedOut(
        id=parked["_id"],
        queue=parked["queue"],
        reason=parked["reason"][:MAX_REASON],
        parked_at=parked["parked_at"],
        size_bytes=parked["size_bytes"],
        body=body.decode(errors="replace"),
        cut=len(body) < parked["size_bytes"],
    )


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    queue: Annotated[Text | None, Query(description="Only from this queue.")] = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> ParkedPage:
    """Parked messages in the order of their ids, each with the first 2 KiB of its body."""
    async with backend.large_answers:
        found = await parked_page(backend.catalog, queue=queue, after=cursor.decode(cursor_, str), limit=limit)
        following = cursor.encode(found.last["_id"]) if found.last is not None else None
        return ParkedPage(items=[parked_out(parked, PREVIEW_BYTES) for parked in found.items], next=following)


@router.get("/{parked_id}", responses=documented(404))
async def read(parked_id: Text, backend: BackendDep) -> ParkedOut:
    """One parked message, with the first 64 KiB of its body."""
    async with backend.large_answers:
        return parked_out(await _found(backend, parked_id), SHOWN_BYTES)


@router.get(
    "/{parked_id}/body",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        **documented(404),
    },
)
async def body(parked_id: Text, backend: BackendDep) -> Response:
    """The body of a parked message as it came, or the first MiB of it: all that was kept."""
    async with backend.large_answers:
        parked = await _found(backend, parked_id)
        headers = {"Content-Disposition": 'attachment; filename="parked"'}
        return Response(parked["body"], media_type="application/octet-stream", headers=headers)


@router.post(
    "/{parked_id}/replay",
    dependencies=[needs(Scope.ADMIN)],
    responses=documented(404, 409),
)
async def replay(parked_id: Text, backend: BackendDep) -> ParkedOut:
    """Send a message back to its queue, as after an upgrade that can process it."""
    async with backend.large_answers:
        parked = await _found(backend, parked_id)
        if len(parked["body"]) < parked["size_bytes"]:
            raise Problem(
                409,
                f"Only the beginning of its {parked['size_bytes']} bytes was kept: no queue takes so many.",
                code="message-cut",
            )
        # Published before it is forgotten: what dies in between leaves it twice, never not at all.
        await backend.publisher.deliver_later(parked["body"], {}, parked["queue"], REPLAY_SECONDS)
        await drop(backend.catalog, parked_id)
        return parked_out(parked, SHOWN_BYTES)


@router.delete("/{parked_id}", dependencies=[needs(Scope.ADMIN)], responses=documented(404))
async def forget(parked_id: Text, backend: BackendDep) -> ParkedOut:
    """Drop a message for good. The answer is its last copy, with all of the body that was kept."""
    async with backend.large_answers:
        parked = await _found(backend, parked_id)
        await drop(backend.catalog, parked_id)
        return parked_out(parked, len(parked["body"]))


async def _found(backend: BackendDep, parked_id: Text) -> Parked:
    parked = await parked_message(backend.catalog, parked_id)
    if parked is None:
        raise Problem(404, f"No message is parked under {parked_id[:50]!r}.", code="no-such-message", see="/v1/parked")
    return parked
