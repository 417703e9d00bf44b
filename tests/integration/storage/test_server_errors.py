"""What a store does wrong reaches callers as an error of the store or of the mirror, while reading too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from dev.faults.proxy import Fault, FaultProxy
from shared.errors import MirrorUnavailable, StoreUnavailable
from shared.settings import AzureSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.content import Payload
from shared.storage.s3.objects import ObjectStore

KEY = "audio/x.mp3"
#: More bytes than a client reads ahead.
LARGE = 8 * 2**20


async def all_of(batches: AsyncIterator[object]) -> list[object]:
    return [each async for each in batches]


def read(store: ObjectStore) -> Awaitable[object]:
    return asyncio.to_thread(store.reading, KEY)


async def send_part(mirror: BlobMirror) -> None:
    await (await mirror.upload(KEY, {}, "audio/mpeg")).part(0, Payload.of(b"x"))


async def complete(mirror: BlobMirror) -> None:
    await (await mirror.upload(KEY, {}, "audio/mpeg")).complete(1, bytes(16))


STORE_REQUESTS: list[Callable[[ObjectStore], Awaitable[object]]] = [
    lambda store: store.put_file(KEY, Path(__file__), "audio/mpeg", {}),
    lambda store: store.stat(KEY),
    lambda store: all_of(store.keys("audio/", 10)),
    lambda store: store.delete(KEY),
    lambda store: store.erase("audio/"),
    lambda store: store.left_below("audio/"),
    read,
]
MIRROR_REQUESTS: list[Callable[[BlobMirror], Awaitable[object]]] = [
    lambda mirror: mirror.put(KEY, Payload.of(b"x"), {}, "audio/mpeg"),
    send_part,
    complete,
    lambda mirror: mirror.delete(KEY),
    lambda mirror: mirror.erase("audio/"),
    lambda mirror: mirror.left_below("audio/"),
    lambda mirror: mirror.stat(KEY),
    lambda mirror: mirror.has(KEY, "0" * 64),
    lambda mirror: mirror.metadata(KEY),
    lambda mirror: all_of(mirror.read(KEY)),
    lambda mirror: all_of(mirror.names("audio/", 10)),
    lambda mirror: all_of(mirror.listed("audio/", 10)),
    lambda mirror: all_of(mirror.described("audio/")),
]


@pytest.mark.parametrize("ask", STORE_REQUESTS)
async def test_a_store_that_is_away(s3: ObjectStoreSettings, ask: Callable[[ObjectStore], Awaitable[object]]) -> None:
    host, port = s3.endpoint.split(":")
    with FaultProxy(int(port)) as proxy:
        proxy.set(Fault(refused=True))
        store = ObjectStore(s3.model_copy(update={"endpoint": f"{host}:{proxy.port}"}))
        with pytest.raises(StoreUnavailable) as away:
            await ask(store)
        assert (away.value.code, away.value.is_final) == ("", False)


async def test_a_store_that_has_no_such_bucket(s3: ObjectStoreSettings) -> None:
    with pytest.raises(StoreUnavailable) as absent:
        await all_of(ObjectStore(s3).keys("audio/", 10))
    assert (absent.value.code, absent.value.status, absent.value.is_final) == ("NoSuchBucket", 404, True)


async def test_a_store_that_goes_away_while_an_object_is_read(
    store: ObjectStore, s3: ObjectStoreSettings, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * LARGE)
    await store.put_file(KEY, path, "audio/mpeg", {})
    host, port = s3.endpoint.split(":")
    with FaultProxy(int(port)) as proxy:
        proxy.set(Fault(reset_after_answered_bytes=LARGE // 2))
        cut = ObjectStore(s3.model_copy(update={"endpoint": f"{host}:{proxy.port}"}))

        def read_all() -> bytes:
            with cut.reading(KEY) as reading:
                return reading.stream.read()

        with pytest.raises(StoreUnavailable):
            await asyncio.to_thread(read_all)


async def test_a_file_that_cannot_be_read_is_the_stores_trouble_too(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="FileNotFoundError"):
        await store.put_file(KEY, tmp_path / "none", "audio/mpeg", {})


@pytest.mark.parametrize("ask", MIRROR_REQUESTS)
async def test_a_mirror_that_is_away(azure: AzureSettings, ask: Callable[[BlobMirror], Awaitable[object]]) -> None:
    assert azure.account_url is not None
    url = urlsplit(azure.account_url)
    with FaultProxy(url.port or 443) as proxy:
        proxy.set(Fault(refused=True))
        through = azure.account_url.replace(f":{url.port}", f":{proxy.port}")
        mirror = BlobMirror(azure.model_copy(update={"account_url": through}))
        try:
            with pytest.raises(MirrorUnavailable) as away:
                await ask(mirror)
        finally:
            await mirror.close()
        assert (away.value.code, away.value.status) == ("", None)


async def test_a_mirror_without_its_container_and_with_a_wrong_token(azure: AzureSettings) -> None:
    wrong = azure.model_copy(update={"sas_token": SecretStr("sv=2021-08-06&sig=AAAA")})
    for settings, status in ((azure, 404), (wrong, 403)):
        mirror = BlobMirror(settings)
        try:
            with pytest.raises(MirrorUnavailable) as refused:
                await all_of(mirror.names("audio/", 10))
        finally:
            await mirror.close()
        assert refused.value.status == status
        assert refused.value.code
