"""Services that start before their users, keys and tokens are there: they wait, with a line, for a bounded time.

That of the broker is in test_permissions.py, whose users are made after its first tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from dev.faults.proxy import HEALTHY, Fault, FaultProxy
from shared import waiting
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.errors import CatalogUnavailable, Misconfigured, NotAdmitted
from shared.settings import AzureSettings, MongoSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.s3.objects import ObjectStore
from tests.integration.storage.test_stores_not_made_yet import answer

Said = asyncio.Queue[tuple[str, dict[str, Any]]]
#: Seconds that somebody may take to make what is missing; reached only when a test fails.
PATIENCE = 120


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What is logged while it is waited."""
    lines: Said = asyncio.Queue()
    monkeypatch.setattr(waiting.log, "warning", lambda event, **about: lines.put_nowait((event, about)))
    return lines


async def waits_until(said: Said, start: Awaitable[Any], mend: Callable[[], object]) -> tuple[Any, str]:
    """What `start` returns after it has waited and `mend` was called; and the problem it told meanwhile."""
    starting = asyncio.ensure_future(start)
    event, about = await said.get()
    assert event == "server.not_admitted_yet", about
    assert not starting.done()
    await asyncio.to_thread(mend)
    return await starting, about["problem"]


async def test_the_object_store_learns_of_its_keys_later(s3: ObjectStoreSettings, said: Said) -> None:
    with FaultProxy(int(s3.endpoint.rpartition(":")[2])) as proxy:
        proxy.set(Fault(answer=answer(403, "Forbidden", "InvalidAccessKeyId")))
        store = ObjectStore(s3.model_copy(update={"endpoint": f"127.0.0.1:{proxy.port}"}))
        with pytest.raises(NotAdmitted, match="refused MINIO_ACCESS_KEY"):
            await store.ensure_bucket(PATIENCE)
        await waits_until(said, store.ensure_bucket(PATIENCE, PATIENCE), lambda: proxy.set(HEALTHY))
        assert await store.problem() is None


async def test_azure_takes_a_token_later(azure: AzureSettings, said: Said) -> None:
    parts = urlsplit(azure.account_url or "")
    assert parts.port is not None
    with FaultProxy(parts.port) as proxy:
        proxy.set(Fault(answer=answer(403, "Forbidden", "AuthenticationFailed")))
        place = f"http://127.0.0.1:{proxy.port}{parts.path}"
        blobs = BlobMirror(azure.model_copy(update={"account_url": place}))
        try:
            with pytest.raises(NotAdmitted, match="refused AZURE_SAS_TOKEN"):
                await blobs.ensure_container(PATIENCE)
            await waits_until(said, blobs.ensure_container(PATIENCE, PATIENCE), lambda: proxy.set(HEALTHY))
            assert await blobs.problem() is None
        finally:
            await blobs.close()


async def test_the_database_learns_of_its_users_later(
    mongo: MongoSettings, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The development server has no users, so its refusal is played.
    refusing = True
    ensure_indexes = Catalog.ensure_indexes

    async def refuse_at_first(catalog: Catalog) -> None:
        if refusing:
            raise CatalogUnavailable("Authentication failed., full error: {}", 18)
        await ensure_indexes(catalog)

    def mend() -> None:
        nonlocal refusing
        refusing = False

    monkeypatch.setattr(Catalog, "ensure_indexes", refuse_at_first)
    with pytest.raises(NotAdmitted, match=r"refused the user or password of MONGO_URI.*has the passwords"):
        await connect_catalog(mongo, "tests", PATIENCE)
    catalog, problem = await waits_until(said, connect_catalog(mongo, "retry", PATIENCE, PATIENCE), mend)
    assert "Authentication failed" in problem
    await catalog.drop()
    await catalog.close()


async def test_the_wait_is_bounded(said: Said) -> None:
    async def refuse() -> None:
        raise NotAdmitted("never")

    with pytest.raises(NotAdmitted, match="never"):
        await waiting.wait_for_server("a server", "SETTING", refuse, 0, 0.1)
    assert said.qsize() >= 1


async def test_what_only_a_person_can_correct_is_told_at_once(said: Said) -> None:
    async def refuse() -> None:
        raise Misconfigured("the bucket's name")

    with pytest.raises(Misconfigured, match="the bucket's name"):
        await waiting.wait_for_server("a server", "SETTING", refuse, PATIENCE, PATIENCE)
    assert said.empty()
