"""/v1/keys: who may use the API."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from services.api.access import needs
from services.api.backend import BackendDep
from services.api.inputs import Text
from services.api.problems import Problem, documented
from services.api.schemas.access import KeyIn, KeyOut, KeysOut, NewKeyOut
from shared.catalog.documents import Key
from shared.catalog.keys import Scope, all_keys, make_key, revoke

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[needs(Scope.ADMIN)])


def key_out(key: Key) -> KeyOut:
    """A key without its hash."""
    return KeyOut.model_validate({"id": key["_id"], **{k: v for k, v in key.items() if k in KeyOut.model_fields}})


@router.post("", status_code=201, responses=documented(400))
async def create(body: KeyIn, backend: BackendDep) -> NewKeyOut:
    """Make a key. It is told in this answer alone: only its hash is kept."""
    valid = timedelta(days=body.days) if body.days is not None else None
    made = await make_key(backend.catalog, body.name, Scope(body.scope), valid)
    return NewKeyOut(**key_out(made.document).model_dump(), key=made.secret)


@router.get("")
async def page(backend: BackendDep) -> KeysOut:
    """All keys, the oldest first, revoked and expired ones included."""
    return KeysOut(items=[key_out(key) for key in await all_keys(backend.catalog)])


@router.delete("/{key_id}", responses=documented(404))
async def end(key_id: Text, backend: BackendDep) -> KeyOut:
    """Revoke a key: whoever holds it is out with the next request."""
    found = await revoke(backend.catalog, key_id)
    if found is None:
        raise Problem(404, f"There is no key {key_id[:64]!r}; GET /v1/keys lists them.")
    return key_out(found)
