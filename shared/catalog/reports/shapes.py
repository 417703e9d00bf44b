"""Checks that documents have the shape that `catalog.documents` declares. Reads them one by one, in constant memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from shared.catalog.connection import Catalog
from shared.catalog.documents import (
    Key,
    Ledger,
    LogEntry,
    Look,
    Parked,
    Playlist,
    Session,
    Source,
    StoredBreaker,
    Video,
)
from shared.catalog.reading.bounded import AT_ONCE
from shared.catalog.search.accessions import counter_is_behind, doubles

#: How many problems of one document are named.
_NAMED = 3
_SHAPES: Mapping[str, TypeAdapter[Any]] = {
    "videos": TypeAdapter(Video),
    "playlists": TypeAdapter(Playlist),
    "logs": TypeAdapter(LogEntry),
    "breakers": TypeAdapter(StoredBreaker),
    "ledgers": TypeAdapter(Ledger),
    "keys": TypeAdapter(Key),
    "sessions": TypeAdapter(Session),
    "parked": TypeAdapter(Parked),
    "sources": TypeAdapter(Source),
    "looks": TypeAdapter(Look),
}
#: Large fields that are not read: only their type is checked, by a query.
_LARGE = {"videos": "metadata.description", "parked": "body"}
_LARGE_TYPES = {"videos": ["string", "null"], "parked": ["binData"]}


class Misshapen(NamedTuple):
    """A document that does not have its declared shape."""

    collection: str
    id: str
    #: The wrong fields, and what is wrong with each.
    detail: str


async def misshapen(catalog: Catalog) -> AsyncIterator[Misshapen]:
    """Yield the documents that do not have the shape of this version."""
    for name in _SHAPES:
        projection = {_LARGE[name]: 0} if name in _LARGE else None
        async with catalog.collection(name).find({}, projection).batch_size(AT_ONCE * 10) as cursor:
            async for document in cursor:
                if (detail := problem_of(name, document)) is not None:
                    yield Misshapen(name, str(document["_id"]), detail)
    for name, field in _LARGE.items():
        wrong = {field: {"$exists": True, "$not": {"$type": _LARGE_TYPES[name]}}}
        async for document in catalog.collection(name).find(wrong, {"_id": 1}):
            yield Misshapen(name, str(document["_id"]), f"{field}: it has another type than it must have")
    async for double in doubles(catalog):
        yield Misshapen("videos", double.video_id, f"accession: {double.other_id} has the number {double.number} too")
    if await counter_is_behind(catalog):
        yield Misshapen("counters", "accession", "last: videos have higher numbers, so new ones get theirs once more")


def problem_of(collection: str, document: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the shape of a document, large fields aside; None if nothing is."""
    large = {"body": b""} if collection == "parked" else {}
    try:
        _SHAPES[collection].validate_python({**document, **large}, strict=True)
    except ValidationError as error:
        found = [f"{'.'.join(str(step) for step in each['loc'])}: {each['msg']}" for each in error.errors()]
        more = [f"and {len(found) - _NAMED} more"] if len(found) > _NAMED else []
        return "; ".join(found[:_NAMED] + more)
    if collection == "videos" and document["accession"] < 1:
        return "accession: it is below 1"
    return None
