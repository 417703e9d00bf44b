"""/v1/parked: read, replay or drop messages that no code could process."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.api.auth.dependencies import needs
from services.api.backend import BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor
from services.api.http.problems import Problem, documented
from services.api.schemas.fields import Text
from services.api.schemas.operations import ParkedOut, ParkedPage
from services.api.serializers.documents import parked_out
from shared.catalog.documents import Parked, Scope
from shared.catalog.operations.parked import PREVIEW_BYTES, drop, parked_message, parked_page

router = APIRouter(prefix="/v1/parked", tags=["parked"])

#: Seconds until a replayed message reaches its queue: it goes through the delay tree.
REPLAY_SECONDS = 1
#: Bytes of a body that are shown of a single message. Few messages of ours are longer.
SHOWN_BYTES = 64 * 1024


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    queue: Annotated[Text | None, Query(description="Only from this queue.")] = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
) -> ParkedPage:
    """List parked messages in the order of their ids, each with the first 2 KiB of its body."""
    async with backend.large_responses:
        found = await parked_page(backend.catalog, queue=queue, after=cursor.decode(cursor_, str), limit=limit)
        following = cursor.encode(found.last["_id"]) if found.last is not None else None
        return ParkedPage(items=[parked_out(parked, PREVIEW_BYTES) for parked in found.items], next=following)


@router.get("/{parked_id}", responses=documented(404))
async def read(parked_id: Text, backend: BackendDep) -> ParkedOut:
    """Read one parked message, with the first 64 KiB of its body."""
    async with backend.large_responses:
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
    """Download the body of a parked message: of one over 1 MiB, the first MiB, which is all that was kept."""
    async with backend.large_responses:
        parked = await _found(backend, parked_id)
        headers = {"Content-Disposition": 'attachment; filename="parked"'}
        return Response(parked["body"], media_type="application/octet-stream", headers=headers)


@router.post(
    "/{parked_id}/replay",
    dependencies=[needs(Scope.ADMIN)],
    responses=documented(404, 409),
)
async def replay(parked_id: Text, backend: BackendDep) -> ParkedOut:
    """Send a message back to its queue, for example after an upgrade that can process it."""
    async with backend.large_responses:
        parked = await _found(backend, parked_id)
        if len(parked["body"]) < parked["size_bytes"]:
            raise Problem(
                409,
                f"It cannot be replayed: only the beginning of its {parked['size_bytes']} bytes was kept.",
                code="message-cut",
            )
        # Published before it is dropped: a crash in between duplicates it but never loses it.
        await backend.publisher.deliver_later(parked["body"], {}, parked["queue"], REPLAY_SECONDS)
        await drop(backend.catalog, parked_id)
        return parked_out(parked, SHOWN_BYTES)


@router.delete("/{parked_id}", dependencies=[needs(Scope.ADMIN)], responses=documented(404))
async def forget(parked_id: Text, backend: BackendDep) -> ParkedOut:
    """Drop a message for good. The answer is its last copy, with all of its body that was kept."""
    async with backend.large_responses:
        parked = await _found(backend, parked_id)
        await drop(backend.catalog, parked_id)
        return parked_out(parked, len(parked["body"]))


async def _found(backend: BackendDep, parked_id: Text) -> Parked:
    parked = await parked_message(backend.catalog, parked_id)
    if parked is None:
        raise Problem(404, f"There is no parked message {parked_id[:50]!r}.", code="no-such-message", see="/v1/parked")
    return parked
