"""What MongoDB does wrong, or refuses, reaches callers as an error of the catalog."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from dev.faults.proxy import Fault, FaultProxy
from shared.catalog.connection import Catalog, connect
from shared.contracts.defect import place_of
from shared.errors import AlreadyThere, CatalogRefused, CatalogUnavailable, TimeLimitReached
from shared.settings import MongoSettings

#: More than the largest document that MongoDB takes.
TOO_LARGE = "x" * (17 * 2**20)


@pytest.fixture
def proxy(mongo: MongoSettings) -> Iterator[FaultProxy]:
    with FaultProxy(urlsplit(mongo.uri.get_secret_value()).port or 27017) as proxy:
        yield proxy


@pytest.fixture
async def behind(mongo: MongoSettings, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Catalog]:
    """A catalog behind the proxy."""
    monkeypatch.setattr("shared.catalog.connection.SELECT_MILLISECONDS", 200)
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
    catalog = await connect(MongoSettings(uri=SecretStr(uri), database=mongo.database), "tests", 10)
    yield catalog
    await catalog.close()


@pytest.mark.parametrize(
    "ask",
    [
        lambda catalog: catalog.videos.find_one({}),
        lambda catalog: catalog.videos.find().to_list(),
        lambda catalog: catalog.videos.count_documents({}),
        lambda catalog: catalog.videos.estimated_document_count(),
        lambda catalog: catalog.videos.aggregate([]),
        lambda catalog: catalog.sweeps.insert_one({"_id": "a"}),
        lambda catalog: catalog.sweeps.insert_new([{"_id": "a"}]),
        lambda catalog: catalog.sweeps.update_one({}, {"$set": {"a": 1}}),
        lambda catalog: catalog.sweeps.delete_many({}),
        lambda catalog: catalog.sweeps.find_one_and_update({}, {"$set": {"a": 1}}),
        lambda catalog: catalog.now(),
        lambda catalog: catalog.ensure_indexes(),
        lambda catalog: catalog.collection_names(),
    ],
)
async def test_a_database_that_is_away(
    behind: Catalog, proxy: FaultProxy, ask: Callable[[Catalog], Awaitable[object]]
) -> None:
    proxy.set(Fault(refused=True))
    proxy.cut()
    with pytest.raises(CatalogUnavailable):
        await ask(behind)
    assert await behind.problem() is not None


async def test_a_database_that_goes_away_while_documents_are_read(
    behind: Catalog, proxy: FaultProxy, catalog: Catalog
) -> None:
    await catalog.sweeps.insert_many([{"_id": number} for number in range(20)])
    read = []

    async def read_all() -> None:
        async with behind.sweeps.find().sort("_id", 1).batch_size(2) as cursor:
            async for document in cursor:
                read.append(document["_id"])
                proxy.set(Fault(refused=True))
                proxy.cut()

    with pytest.raises(CatalogUnavailable):
        await read_all()
    assert read[:1] == [0]
    assert len(read) < 20


@pytest.mark.parametrize(
    "ask",
    [
        lambda catalog: catalog.sweeps.insert_one({"_id": "new", "text": TOO_LARGE}),
        lambda catalog: catalog.sweeps.insert_new([{"_id": "new", "text": "small"}, {"_id": "b", "text": TOO_LARGE}]),
        lambda catalog: catalog.sweeps.update_one({"_id": "a"}, {"$set": {"text": TOO_LARGE}}),
        lambda catalog: catalog.sweeps.update_one({"_id": "a"}, {"$inc": {"text": 1}}),
        lambda catalog: catalog.sweeps.find({"$nonsense": 1}).to_list(),
        lambda catalog: catalog.sweeps.aggregate([{"$nonsense": 1}]),
    ],
)
async def test_what_the_database_refuses(catalog: Catalog, ask: Callable[[Catalog], Awaitable[object]]) -> None:
    await catalog.sweeps.insert_one({"_id": "a", "text": "no number"})
    with pytest.raises(CatalogRefused) as refused:
        await ask(catalog)
    # The line that asked, and not one that every request passes.
    assert not place_of(refused.value).startswith("shared/catalog/collection.py")


async def test_a_key_that_is_taken(catalog: Catalog) -> None:
    await catalog.sweeps.insert_one({"_id": "a"})
    with pytest.raises(AlreadyThere):
        await catalog.sweeps.insert_one({"_id": "a"})


async def test_of_documents_those_are_inserted_whose_key_is_free(catalog: Catalog) -> None:
    await catalog.sweeps.insert_many([{"_id": "b", "old": True}, {"_id": "d", "old": True}])
    assert await catalog.sweeps.insert_new([{"_id": id_} for id_ in "abcd"]) == [1, 3]
    found: list[dict[str, Any]] = await catalog.sweeps.find().sort("_id", 1).to_list()
    assert found == [{"_id": "a"}, {"_id": "b", "old": True}, {"_id": "c"}, {"_id": "d", "old": True}]
    assert await catalog.sweeps.insert_new([{"_id": "e"}]) == []


async def test_a_query_that_takes_too_long_is_stopped(catalog: Catalog) -> None:
    await catalog.sweeps.insert_many([{"_id": number} for number in range(100)])
    # Some milliseconds for each document: the server looks at the clock between them.
    counted = {"$size": {"$filter": {"input": {"$range": [0, 500_000]}, "cond": {"$eq": ["$$this", "$_id"]}}}}
    with pytest.raises(TimeLimitReached):
        await catalog.sweeps.find({"$expr": {"$eq": [counted, 2]}}, max_time_ms=20).to_list()
