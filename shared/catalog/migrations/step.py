"""One step of a migration, and the usual way of taking one: a query, and what is to be set in each document found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne

from shared.catalog.connection import Catalog
from shared.catalog.reading.batches import BATCH

Document = Mapping[str, Any]
#: A document → the update that it needs, as MongoDB takes it.
Change = Callable[[Document], Mapping[str, Any]]


@dataclass(frozen=True)
class Step:
    """One step."""

    #: A slug, by which an interrupted migration says where it is.
    name: str
    #: What it does, for people.
    what: str
    #: How many documents still need it.
    pending: Callable[[Catalog], Awaitable[int]]
    #: Does it, and yields after each batch how many documents were in it.
    run: Callable[[Catalog], AsyncIterator[int]]


def rewriting(name: str, what: str, collection: str, query: Document, change: Change) -> Step:
    """A step that changes the documents of a collection that fit a query, which they then fit no longer."""

    async def pending(catalog: Catalog) -> int:
        return await catalog.collection(collection).count_documents(query)

    async def run(catalog: Catalog) -> AsyncIterator[int]:
        after: Any = None
        while True:
            match = query if after is None else {"$and": [query, {"_id": {"$gt": after}}]}
            batch = await catalog.collection(collection).find(match).sort("_id", 1).limit(BATCH).to_list()
            if not batch:
                return
            await write(catalog, collection, query, [(found["_id"], change(found)) for found in batch])
            yield len(batch)
            after = batch[-1]["_id"]

    return Step(name, what, pending, run)


async def write(catalog: Catalog, collection: str, query: Document, changes: Iterable[tuple[Any, Document]]) -> None:
    """Change documents, by their ids, that still fit the query: somebody may have changed one since it was read."""
    updates = [UpdateOne({"$and": [{"_id": {"$eq": id_}}, query]}, change) for id_, change in changes]
    await catalog.collection(collection).bulk_write(updates, ordered=False)
