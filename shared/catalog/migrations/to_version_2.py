"""To version 2: a breaker for each source, submissions that know what they asked for, beginnings of parked messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from shared.addresses.sources import YOUTUBE
from shared.catalog.connection import Catalog
from shared.catalog.indexes import INDEXES
from shared.catalog.migrations.step import Document, Step, rewriting
from shared.catalog.operations.breakers import breaker_id
from shared.catalog.operations.parked import PREVIEW_BYTES
from shared.catalog.reading.ordered import lacks
from shared.errors import AlreadyThere

#: Egress breakers from before each source had one; there was YouTube alone.
_OF_ALL_SOURCES = {"kind": "egress", "source": {"$exists": False}}
#: Idempotency-Keys from before requests were compared: nothing says what was asked for. They hold for a day.
_NOTHING_ASKED = {"asked": {"$exists": False}}
#: Indexes that no question of today uses.
_UNUSED = {"videos": ("by_state", "by_reason", "by_tombstone")}


async def _pending_breakers(catalog: Catalog) -> int:
    return await catalog.breakers.count_documents(_OF_ALL_SOURCES)


async def _name_sources(catalog: Catalog) -> AsyncIterator[int]:
    for old in await catalog.breakers.find(_OF_ALL_SOURCES).to_list():
        # One without its egress guards nothing that anybody could name.
        if isinstance(old.get("egress"), str):
            new = old.copy()
            new["_id"] = breaker_id(old["egress"], "egress", YOUTUBE)
            new["source"] = YOUTUBE
            with suppress(AlreadyThere):  # It was written anew already, and that is the later word.
                await catalog.breakers.insert_one(new)
        await catalog.breakers.delete_one({"_id": old["_id"]})
        yield 1


async def _pending_submissions(catalog: Catalog) -> int:
    return await catalog.submissions.count_documents(_NOTHING_ASKED)


async def _forget_submissions(catalog: Catalog) -> AsyncIterator[int]:
    yield (await catalog.submissions.delete_many(_NOTHING_ASKED)).deleted_count


def _preview(parked: Document) -> Document:
    return {"$set": {"preview": bytes(parked["body"][:PREVIEW_BYTES])}}


async def _unused_indexes(catalog: Catalog) -> list[tuple[str, str]]:
    """Collection and name of indexes that nothing uses, or that are something else under a name of today."""
    there = set(await catalog.collection_names())
    found = []
    for name, indexes in INDEXES.items():
        declared = {
            index.document["name"]: _identity(list(index.document["key"].items()), index.document) for index in indexes
        }
        present: Mapping[str, Any] = await catalog.collection(name).index_information() if name in there else {}
        for index, about in present.items():
            identity = _identity(about["key"], about)
            if index in _UNUSED.get(name, ()) or declared.get(index, identity) != identity:
                found.append((name, index))
    return found


def _identity(keys: Sequence[Any], about: Mapping[str, Any]) -> tuple[Any, ...]:
    """What a server compares when an index is declared whose name is known: it refuses another one."""
    fields = [(field, int(order)) for field, order in keys]
    return fields, bool(about.get("sparse")), about.get("expireAfterSeconds")


async def _pending_indexes(catalog: Catalog) -> int:
    return len(await _unused_indexes(catalog))


async def _drop_indexes(catalog: Catalog) -> AsyncIterator[int]:
    for name, index in await _unused_indexes(catalog):
        await catalog.collection(name).drop_index(index)
        yield 1


STEPS = (
    Step("breakers", "Give the breakers of sources the name of their source", _pending_breakers, _name_sources),
    Step(
        "submissions",
        "Forget Idempotency-Keys of which it is not known what was asked for",
        _pending_submissions,
        _forget_submissions,
    ),
    rewriting(
        "parked-previews",
        "Note the beginning of parked messages, which lists show",
        "parked",
        {"$and": [{"body": {"$type": "binData"}}, lacks("preview", "binData")]},
        _preview,
    ),
    Step("indexes", "Drop indexes that nothing uses any more", _pending_indexes, _drop_indexes),
)
