"""/v1/sources: follow, change, look at and remove followed sources."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Header, Path, Query, Response

from services.api.auth.dependencies import needs
from services.api.backend import Backend, BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor
from services.api.http.problems import Problem, documented
from services.api.http.public_hosts import reject_private_host
from services.api.schemas.fields import Text
from services.api.schemas.sources import (
    CheckIn,
    LooksOut,
    RetentionOut,
    RetentionRunOut,
    SourceIn,
    SourceOut,
    SourcePage,
)
from services.api.serializers.sources import look_out, retention_out, source_out
from shared.addresses.parse import BadAddress
from shared.catalog.documents import Scope, Source
from shared.catalog.operator.retention import count_stored, delete_expired, expired_recordings, followers
from shared.catalog.sources.definitions import (
    SourceExists,
    add_source,
    change_source,
    definition_of,
    get_source,
    remove_source,
    source_page,
)
from shared.catalog.sources.looks import look_now, looks_of
from shared.catalog.sources.subscriptions import subscriptions_of
from shared.contracts.source import SOURCE_NAME_PATTERN
from shared.following.definition import SourceDefinition

#: Recordings that one request deletes at most; each takes milliseconds.
MAX_DELETED = 500

router = APIRouter(prefix="/v1/sources", tags=["sources"])

Name = Annotated[Text, Path(description="e.g. radio-zou", pattern=SOURCE_NAME_PATTERN)]
IfMatch = Annotated[
    str | None, Header(max_length=20, description='The version of the source that is changed, in quotes: "3".')
]


class SourcePosition(NamedTuple):
    """The name of the last source of a page."""

    name: str


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep, cursor_: Cursor = None, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> SourcePage:
    """List followed sources by name."""
    after = cursor.decode(cursor_, SourcePosition)
    found = await source_page(backend.catalog, after.name if after is not None else None, limit + 1)
    shown, now = found[:limit], await backend.catalog.now()
    following = cursor.encode(SourcePosition(shown[-1]["_id"])) if len(found) > limit else None
    pushes = await subscriptions_of(backend.catalog, [source["_id"] for source in shown])
    return SourcePage(items=[source_out(each, now, pushes.get(each["_id"])) for each in shown], next=following)


@router.get("/{name}", responses=documented(404))
async def read(name: Name, backend: BackendDep) -> SourceOut:
    """Read one followed source."""
    return await _out(backend, await _found(backend, name))


@router.put(
    "/{name}",
    dependencies=[needs(Scope.ADMIN)],
    responses={**documented(400, 404, 409, 412), 201: {"model": SourceOut, "description": "Created"}},
)
async def define(
    name: Name, body: SourceIn, response: Response, backend: BackendDep, if_match: IfMatch = None
) -> SourceOut:
    """Follow a source (201), or change one that is followed (200).

    A change needs the source's `version` in If-Match, so that nobody overwrites what somebody else has changed. The
    first look is due at once; another address, schedule or filters make the next one due at once too.
    """
    if body.name != name:
        raise Problem(400, f"The path names {name}, and the definition {body.name}. Write the same name in both.")
    await _reject_private_hosts(body, backend)
    if if_match is None:
        try:
            added = await add_source(backend.catalog, body)
        except SourceExists as error:
            raise Problem(409, f"{name} is followed already. To change it, send its version in If-Match.") from error
        response.status_code = 201
        return await _out(backend, added)
    seen = await _found(backend, name)
    if if_match.strip().strip('"') != str(seen["version"]):
        raise _changed_meanwhile(name, seen)
    return await _change(backend, seen, body)


@router.delete("/{name}", dependencies=[needs(Scope.ADMIN)], responses=documented(404))
async def remove(name: Name, backend: BackendDep) -> SourceOut:
    """Follow a source no longer. What was stored of it stays, and so does its playlist."""
    source = await _found(backend, name)
    shown = await _out(backend, source)
    await remove_source(backend.catalog, name)
    return shown


@router.post("/{name}/check", status_code=202, dependencies=[needs(Scope.ADMIN)], responses=documented(404))
async def check(name: Name, body: CheckIn, backend: BackendDep) -> SourceOut:
    """Look at a source as soon as its site may be asked."""
    await _found(backend, name)
    await look_now(backend.catalog, name, full=body.full)
    return await read(name, backend)


@router.post("/{name}/pause", dependencies=[needs(Scope.ADMIN)], responses=documented(404, 412))
async def pause(name: Name, backend: BackendDep) -> SourceOut:
    """Do not look at a source until it is resumed."""
    return await _enable(backend, name, enabled=False)


@router.post("/{name}/resume", dependencies=[needs(Scope.ADMIN)], responses=documented(404, 412))
async def resume(name: Name, backend: BackendDep) -> SourceOut:
    """Look at a paused source again; its look is due at once."""
    return await _enable(backend, name, enabled=True)


@router.get("/{name}/retention", responses=documented(404))
async def retention(name: Name, backend: BackendDep, limit: Annotated[int, Query(ge=1, le=5000)] = 500) -> RetentionOut:
    """Show which recordings a source keeps no longer. Nothing is deleted."""
    source = await _found(backend, name)
    expired = await expired_recordings(backend.catalog, source, await followers(backend.catalog))
    stored = await count_stored(backend.catalog, source)
    return retention_out(source, stored, len(expired), [each.recording for each in expired[:limit]])


@router.post("/{name}/retention", dependencies=[needs(Scope.ADMIN)], responses=documented(404, 412))
async def delete_by_retention(name: Name, backend: BackendDep, if_match: IfMatch = None) -> RetentionRunOut:
    """Delete up to 500 recordings that a source keeps no longer, the oldest first: exactly those that GET lists.

    Send the version that GET showed in If-Match, so that nothing is deleted by a definition that you have not seen.
    Repeat the request while `more` is true. Without it the watch service deletes them by itself.
    """
    source = await _found(backend, name)
    if if_match is not None and if_match.strip().strip('"') != str(source["version"]):
        raise _changed_meanwhile(name, source)
    found = await expired_recordings(backend.catalog, source, await followers(backend.catalog))
    deleted = await delete_expired(backend.catalog, source, found[:MAX_DELETED])
    return RetentionRunOut(deleted=deleted, more=bool(deleted) and len(found) > MAX_DELETED)


@router.get("/{name}/looks", responses=documented(404))
async def looks(name: Name, backend: BackendDep, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> LooksOut:
    """List the latest looks at a source, the newest first."""
    await _found(backend, name)
    return LooksOut(items=[look_out(look, look["look"]) for look in await looks_of(backend.catalog, name, limit)])


async def _enable(backend: Backend, name: str, *, enabled: bool) -> SourceOut:
    source = await _found(backend, name)
    return await _change(backend, source, definition_of(source).model_copy(update={"enabled": enabled}))


async def _change(backend: Backend, seen: Source, definition: SourceDefinition) -> SourceOut:
    changed = await change_source(backend.catalog, seen, definition)
    if changed is None:
        raise _changed_meanwhile(seen["_id"], seen)
    return await _out(backend, changed)


async def _out(backend: Backend, source: Source) -> SourceOut:
    pushes = await subscriptions_of(backend.catalog, [source["_id"]])
    return source_out(source, await backend.catalog.now(), pushes.get(source["_id"]))


async def _found(backend: Backend, name: str) -> Source:
    source = await get_source(backend.catalog, name)
    if source is None:
        raise Problem(
            404,
            f"There is no followed source {name!r}. Check its name, or follow it.",
            code="no-such-source",
            see="/v1/sources",
        )
    return source


def _changed_meanwhile(name: str, seen: Source) -> Problem:
    return Problem(
        412, f"{name} has version {seen['version']}: somebody has changed it. Read it again, then change it."
    )


async def _reject_private_hosts(definition: SourceDefinition, backend: Backend) -> None:
    """Raise a Problem (400) for a source that is not on the public internet."""
    if backend.sources.private_hosts:
        return
    try:
        for url in definition.addresses:
            await reject_private_host(url)
    except BadAddress as error:
        raise Problem(400, str(error), code="bad-address") from error
