"""/v1/keys: make, list and revoke keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query

from services.api.auth.dependencies import needs
from services.api.backend import BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor
from services.api.http.problems import Problem, documented
from services.api.schemas.access import KeyIn, KeyOut, KeysOut, NewKeyOut
from services.api.schemas.fields import Moment, Text
from services.api.serializers.documents import key_out
from shared.catalog.access.keys import BY_AGE, key_page, make_key, revoke
from shared.catalog.documents import Scope
from shared.catalog.reading import ordered

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[needs(Scope.ADMIN)])


class KeyPosition(NamedTuple):
    """The last key of a page: when it was made (null if its document does not say), and its id."""

    made_at: Moment | None
    key_id: str


@router.post("", status_code=201, responses=documented(400))
async def create(body: KeyIn, backend: BackendDep) -> NewKeyOut:
    """Make a key. Only this answer contains it: the archive keeps nothing but its hash."""
    valid = timedelta(days=body.days) if body.days is not None else None
    made = await make_key(backend.catalog, body.name, Scope(body.scope), valid)
    return NewKeyOut(**key_out(made.document).model_dump(), key=made.secret)


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep, cursor_: Cursor = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> KeysOut:
    """List keys, the oldest first, including revoked and expired ones."""
    after = cursor.decode(cursor_, KeyPosition)
    found = await key_page(backend.catalog, after=ordered.Position(*after) if after is not None else None, limit=limit)
    last = found.last
    following = cursor.encode(KeyPosition(*BY_AGE.position_of(last))) if last is not None else None
    return KeysOut(items=[key_out(key) for key in found.items], next=following)


@router.delete("/{key_id}", responses=documented(404))
async def end(key_id: Text, backend: BackendDep) -> KeyOut:
    """Revoke a key: the next request with it is rejected."""
    found = await revoke(backend.catalog, key_id)
    if found is None:
        raise Problem(404, f"There is no key {key_id[:64]!r}.", code="no-such-key", see="/v1/keys")
    return key_out(found)
