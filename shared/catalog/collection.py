"""A collection of MongoDB, with the methods that the catalog uses. They raise a CatalogError in place of pymongo's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from bson.codec_options import CodecOptions
from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.command_cursor import AsyncCommandCursor
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.errors import BulkWriteError
from pymongo.operations import UpdateOne
from pymongo.results import BulkWriteResult, DeleteResult, InsertManyResult, InsertOneResult, UpdateResult

from shared.catalog.driver_errors import translated
from shared.catalog.parts import parts_of

Doc = TypeVar("Doc", bound=Mapping[str, Any])
#: A query or a projection.
Filter = Mapping[str, Any]
#: The operators of an update, or the stages of an update pipeline.
Change = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Sort = str | Sequence[tuple[str, int]]

#: The field that a query adds for the server's time.
_TIME = "server_time"
#: MongoDB's code for a document whose key is taken.
_DUPLICATE = 11_000


class Rows:
    """The result rows of an aggregation."""

    def __init__(self, cursor: AsyncCommandCursor[Any]) -> None:
        self._cursor = cursor

    async def to_list(self) -> list[Any]:
        """Return all rows."""
        with translated:
            return await self._cursor.to_list()


class Cursor(Generic[Doc]):
    """The documents that match a query. The query is sent when the first one is read."""

    def __init__(self, cursor: AsyncCursor[Any]) -> None:
        self._cursor = cursor

    def sort(self, key: Sort, direction: int | None = None) -> Self:
        """Sort by a field, or by several with their directions."""
        self._cursor.sort(key, direction)
        return self

    def limit(self, number: int) -> Self:
        """Return at most `number` documents; 0: all."""
        self._cursor.limit(number)
        return self

    def batch_size(self, number: int) -> Self:
        """Let the server send `number` documents at once."""
        self._cursor.batch_size(number)
        return self

    async def to_list(self) -> list[Doc]:
        """Return all remaining documents."""
        with translated:
            return await self._cursor.to_list()

    async def close(self) -> None:
        """Free the cursor on the server, if it was not read to its end."""
        with translated:
            await self._cursor.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Doc:
        with translated:
            document: Doc = await self._cursor.next()
            return document

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class Collection(Generic[Doc]):
    """One collection. The arguments of its methods are pymongo's."""

    def __init__(self, collection: AsyncCollection[Any]) -> None:
        self._collection = collection

    @property
    def codec_options(self) -> CodecOptions[Any]:
        """The options by which documents are decoded."""
        return self._collection.codec_options

    def find(
        self, query: Filter | None = None, projection: Filter | None = None, *, max_time_ms: int | None = None
    ) -> Cursor[Doc]:
        """Find the documents that match. `max_time_ms`: reading raises TimeLimitReached after so many milliseconds."""
        return Cursor(self._collection.find(query, projection, max_time_ms=max_time_ms))

    async def with_ids(self, ids: Iterable[str], projection: Filter | None = None) -> AsyncIterator[Doc]:
        """Yield the documents that have one of these ids, each once, in any order."""
        for part in parts_of(list(dict.fromkeys(ids))):
            async for document in self.find({"_id": {"$in": part}}, projection):
                yield document

    async def find_one(self, query: Filter | None = None, projection: Filter | None = None) -> Doc | None:
        """Return a document that matches; None if there is none."""
        with translated:
            found: Doc | None = await self._collection.find_one(query, projection)
            return found

    async def find_one_with_time(self, id_: str) -> tuple[Doc, datetime] | None:
        """Find a document by its id, with the server's time at that moment; None if there is none."""
        with translated:
            cursor = await self._collection.aggregate([{"$match": {"_id": id_}}, {"$set": {_TIME: "$$NOW"}}])
            found = await cursor.to_list()
        if not found:
            return None
        now: datetime = found[0].pop(_TIME)
        return found[0], now

    async def find_one_and_update(
        self, query: Filter, change: Change, *, upsert: bool = False, return_document: bool = False
    ) -> Doc | None:
        """Change a document that matches. Returns it as it was before; None if there was none.

        `return_document`: pymongo's ReturnDocument; AFTER returns it as it is after the change.
        """
        with translated:
            found: Doc | None = await self._collection.find_one_and_update(
                query, change, upsert=upsert, return_document=return_document
            )
            return found

    async def count_documents(self, query: Filter) -> int:
        """Count the documents that match."""
        with translated:
            return await self._collection.count_documents(query)

    async def estimated_document_count(self) -> int:
        """Count all documents, from the collection's metadata."""
        with translated:
            return await self._collection.estimated_document_count()

    async def aggregate(self, pipeline: Sequence[Mapping[str, Any]]) -> Rows:
        """Run an aggregation. Returns its rows."""
        with translated:
            return Rows(await self._collection.aggregate(pipeline))

    async def insert_one(self, document: Doc) -> InsertOneResult:
        """Insert a document. Raises AlreadyThere if its key is taken."""
        with translated:
            return await self._collection.insert_one(document)

    async def insert_many(self, documents: Sequence[Doc], *, ordered: bool = True) -> InsertManyResult:
        """Insert documents. Raises CatalogRefused if the server rejects one of them."""
        with translated:
            return await self._collection.insert_many(documents, ordered=ordered)

    async def insert_new(self, documents: Sequence[Doc]) -> list[int]:
        """Insert documents in any order, except those whose key is taken. Returns the positions of the latter.

        Raises CatalogRefused if the server rejects a document for another reason.
        """
        with translated:
            try:
                await self._collection.insert_many(documents, ordered=False)
            except BulkWriteError as error:
                failed: list[dict[str, Any]] = error.details["writeErrors"]
                if any(each["code"] != _DUPLICATE for each in failed):
                    raise
                return [each["index"] for each in failed]
            return []

    async def update_one(self, query: Filter, change: Change, *, upsert: bool = False) -> UpdateResult:
        """Change a document that matches."""
        with translated:
            return await self._collection.update_one(query, change, upsert=upsert)

    async def update_many(self, query: Filter, change: Change) -> UpdateResult:
        """Change all documents that match."""
        with translated:
            return await self._collection.update_many(query, change)

    async def replace_one(self, query: Filter, document: Doc, *, upsert: bool = False) -> UpdateResult:
        """Replace a document that matches."""
        with translated:
            return await self._collection.replace_one(query, document, upsert=upsert)

    async def bulk_write(self, updates: Sequence[UpdateOne], *, ordered: bool = True) -> BulkWriteResult:
        """Apply many updates. Raises CatalogRefused if the server rejects one of them."""
        with translated:
            return await self._collection.bulk_write(updates, ordered=ordered)

    async def delete_one(self, query: Filter) -> DeleteResult:
        """Remove a document that matches."""
        with translated:
            return await self._collection.delete_one(query)

    async def delete_many(self, query: Filter) -> DeleteResult:
        """Remove all documents that match."""
        with translated:
            return await self._collection.delete_many(query)

    async def create_indexes(self, indexes: Sequence[IndexModel]) -> None:
        """Create the indexes that are missing."""
        with translated:
            await self._collection.create_indexes(indexes)

    async def drop_index(self, name: str) -> None:
        """Remove an index."""
        with translated:
            await self._collection.drop_index(name)

    async def index_information(self) -> Mapping[str, Any]:
        """Return the collection's indexes by name."""
        with translated:
            return await self._collection.index_information()

    async def drop(self) -> None:
        """Remove the collection with its indexes."""
        with translated:
            await self._collection.drop()
