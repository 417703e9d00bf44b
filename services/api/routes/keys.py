"""/v1/keys: who may use the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query

from services.api.auth.authenticator import needs
from services.api.backend import BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor, Moment, Text
from services.api.http.problems import Problem, documented
from services.api.salvage import UNSOUND, sound_key
from services.api.schemas.access import KeyIn, KeyOut, KeysOut, NewKeyOut
from shared.catalog.access.keys import BY_AGE, key_page, make_key, revoke
from shared.catalog.documents import Key, Scope
from shared.catalog.reading import ordered

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[needs(Scope.ADMIN)])


class Place(NamedTuple):
    """Where a page ends: when its last key was made, null if nothing says it; and its id."""

    made_at: Moment | None
    key_id: str


def key_out(key: Key) -> KeyOut:
    """A key without its hash."""
    try:
        return KeyOut.model_validate({"id": key["_id"], **{k: v for k, v in key.items() if k in KeyOut.model_fields}})
    except UNSOUND:
        return sound_key(key)


@router.post("", status_code=201, responses=documented(400))
async def create(body: KeyIn, backend: BackendDep) -> NewKeyOut:
    """Make a key. It is told in this answer alone: only its hash is kept."""
    valid = timedelta(days=body.days) if body.days is not None else None
    made = await make_key(backend.catalog, body.name, Scope(body.scope), valid)
    return NewKeyOut(**key_out(made.document).model_dump(), key=made.secret)


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep, cursor_: Cursor = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> KeysOut:
    """Keys, the oldest first, revoked and expired ones included."""
    after = cursor.decode(cursor_, Place)
    found = await key_page(backend.catalog, after=ordered.Position(*after) if after is not None else None, limit=limit)
    last = found.last
    following = cursor.encode(Place(*BY_AGE.position_of(last))) if last is not None else None
    return KeysOut(items=[key_out(key) for key in found.items], next=following)


@router.delete("/{key_id}", responses=documented(404))
async def end(key_id: Text, backend: BackendDep) -> KeyOut:
    """Revoke a key: whoever holds it is out with the next request."""
    found = await revoke(backend.catalog, key_id)
    if found is None:
        raise Problem(404, f"There is no key {key_id[:64]!r}.", code="no-such-key", see="/v1/keys")
    return key_out(found)
