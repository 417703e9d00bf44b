"""Copies of objects in the mirror, and what proves them, against real servers."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob.aio import BlobServiceClient

from dev.faults.proxy import Fault, FaultProxy
from shared.errors import MirrorUnavailable
from shared.settings import AzureSettings
from shared.storage.azure.blobs import BLOCK_BYTES, WHOLE_BYTES, BlobMirror
from shared.storage.content import Content
from shared.storage.copying import WrongContent, copy_object
from shared.storage.in_flight import BytesInFlight
from shared.storage.objects import ObjectMissing, ObjectStore

NAME = "audio/a b/ü.mp3"
TITLE = "ɖɔ̀ 100 % + a&b=c / “quoted” 🎧"
#: Bytes at which a copy changes its way: in one request, in one block, in several, with a short last one.
SIZES = [1, WHOLE_BYTES, WHOLE_BYTES + 1, 3 * BLOCK_BYTES, 3 * BLOCK_BYTES + 5]


@pytest.fixture
async def blobs(azure: AzureSettings) -> AsyncIterator[BlobMirror]:
    mirror = BlobMirror(azure)
    await mirror.ensure_container(10)
    yield mirror
    await mirror.close()


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def content_of(data: bytes) -> Content:
    return Content(len(data), hashlib.sha256(data).hexdigest())


async def put(store: ObjectStore, folder: Path, data: bytes, **metadata: str) -> Content:
    path = folder / "file"
    path.write_bytes(data)
    await store.put_file(NAME, path, "audio/mpeg", metadata)
    return content_of(data)


async def copy(store: ObjectStore, blobs: BlobMirror, wanted: Content, limit: int = 64 * 2**20) -> None:
    await copy_object(store, blobs, NAME, wanted, BytesInFlight(limit))


async def read(blobs: BlobMirror) -> bytes:
    return b"".join([block async for block in blobs.read(NAME)])


async def properties_of(azure: AzureSettings) -> Any:
    assert azure.account_url is not None
    assert azure.sas_token is not None
    async with BlobServiceClient(azure.account_url, azure.sas_token.get_secret_value()) as service:
        return await service.get_blob_client(azure.container, NAME).get_blob_properties()


@pytest.mark.parametrize("size", SIZES)
async def test_a_copy_has_the_content_the_metadata_and_its_md5(
    store: ObjectStore, blobs: BlobMirror, azure: AzureSettings, tmp_path: Path, size: int
) -> None:
    data = noise(size)
    wanted = await put(store, tmp_path, data, **{"source-url": "https://a.b/?c=d&e=f", "title": TITLE})
    await copy(store, blobs, wanted)
    assert await read(blobs) == data
    assert await blobs.stat(NAME) == wanted
    assert (await blobs.metadata(NAME))["title"] == TITLE
    properties = await properties_of(azure)
    assert properties.metadata["source_url"] == "https://a.b/?c=d&e=f"
    assert properties.content_settings.content_type == "audio/mpeg"
    assert bytes(properties.content_settings.content_md5) == hashlib.md5(data, usedforsecurity=False).digest()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("fault", ["another byte", "a byte more", "a byte less"])
async def test_other_content_than_wanted_never_becomes_visible(
    store: ObjectStore, blobs: BlobMirror, tmp_path: Path, size: int, fault: str
) -> None:
    data = noise(size)
    there = {"another byte": bytes([data[0] ^ 1]) + data[1:], "a byte more": data + b"x", "a byte less": data[:-1]}
    await put(store, tmp_path, there[fault], sha256=content_of(data).sha256)
    with pytest.raises(WrongContent, match="expected"):
        await copy(store, blobs, content_of(data))
    assert await blobs.stat(NAME) is None


@pytest.mark.parametrize("recorded", [{}, {"sha256": "0" * 64}])
async def test_a_copy_records_the_sha256_that_its_bytes_have(
    store: ObjectStore, blobs: BlobMirror, tmp_path: Path, recorded: dict[str, str]
) -> None:
    wanted = await put(store, tmp_path, b"good bytes", **recorded)
    await copy(store, blobs, wanted)
    assert await blobs.stat(NAME) == wanted


@pytest.mark.parametrize("size", [100_000, WHOLE_BYTES + BLOCK_BYTES])
async def test_bytes_that_change_on_the_way_to_azure_are_refused(
    store: ObjectStore, azure: AzureSettings, tmp_path: Path, size: int
) -> None:
    marker, other = b"=16 bytes of it=", b"=16 bytes of IT="
    wanted = await put(store, tmp_path, marker * (size // len(marker)))
    assert azure.account_url is not None
    port = int(azure.account_url.split(":")[2].split("/")[0])
    with FaultProxy(port) as proxy:
        mirror = BlobMirror(
            azure.model_copy(update={"account_url": azure.account_url.replace(str(port), str(proxy.port))})
        )
        await mirror.ensure_container(10)
        proxy.set(Fault(corrupted=(marker, other)))
        with pytest.raises(MirrorUnavailable, match=r"(?i)md5"):
            await copy(store, mirror, wanted)
        assert await mirror.stat(NAME) is None
        proxy.set(Fault())
        await copy(store, mirror, wanted)
        assert await mirror.stat(NAME) == wanted
        await mirror.close()


async def test_two_uploads_of_one_blob_never_mix_their_blocks(blobs: BlobMirror) -> None:
    old, new = noise(2000, 1), noise(2000, 2)
    first, second = [await blobs.upload(NAME, {"sha256": content_of(d).sha256}, "audio/mpeg") for d in (old, new)]
    for number in range(2):
        part = slice(number * 1000, (number + 1) * 1000)
        await first.part(number, old[part])
        await second.part(number, new[part])
    await first.complete(2, hashlib.md5(old, usedforsecurity=False).digest())
    assert await read(blobs) == old
    # The commit removed the other's blocks: it fails as a whole, and is tried again.
    with pytest.raises(MirrorUnavailable):
        await second.complete(2, hashlib.md5(new, usedforsecurity=False).digest())
    assert await read(blobs) == old


async def test_a_copy_that_fails_returns_the_memory_that_it_held(
    store: ObjectStore, blobs: BlobMirror, azure: AzureSettings, tmp_path: Path
) -> None:
    data = noise(5 * BLOCK_BYTES)
    wanted = await put(store, tmp_path, data)
    in_flight = BytesInFlight(2 * BLOCK_BYTES)
    away = BlobMirror(azure.model_copy(update={"account_url": "http://127.0.0.1:9/nobody"}))
    with pytest.raises(MirrorUnavailable):
        await copy_object(store, away, NAME, wanted, in_flight)
    await away.close()
    with pytest.raises(WrongContent):
        await copy_object(store, blobs, NAME, Content(len(data), "0" * 64), in_flight)
    with pytest.raises(ObjectMissing):
        await copy_object(store, blobs, "audio/none.mp3", wanted, in_flight)
    # It needs all of the memory, and would wait for ever if some were missing.
    await copy_object(store, blobs, NAME, wanted, in_flight)
    assert await read(blobs) == data


class OneBlockFails(BlobMirror):
    """Fails to send one block, at once or later than the next ones."""

    def __init__(self, settings: AzureSettings, number: int, after: int) -> None:
        super().__init__(settings)
        self.number, self.after = number, after
        self.sent = asyncio.Condition()
        self.done = 0

    async def upload(self, *arguments: Any) -> Any:
        upload = await super().upload(*arguments)
        part = upload.part

        async def failing(number: int, content: bytes) -> None:
            if number == self.number:
                async with self.sent:
                    await self.sent.wait_for(lambda: self.done >= self.after)
                raise MirrorUnavailable("a block was lost")
            await part(number, content)
            async with self.sent:
                self.done += 1
                self.sent.notify_all()

        upload.part = failing  # type: ignore[method-assign]
        return upload


@pytest.mark.parametrize(("number", "after"), [(0, 0), (0, 2), (2, 0), (5, 5)])
async def test_a_block_that_is_not_sent_leaves_no_copy(
    store: ObjectStore, azure: AzureSettings, tmp_path: Path, number: int, after: int
) -> None:
    wanted = await put(store, tmp_path, noise(5 * BLOCK_BYTES + 1))
    mirror = OneBlockFails(azure, number, after)
    await mirror.ensure_container(10)
    with pytest.raises(MirrorUnavailable, match="a block was lost"):
        await copy(store, mirror, wanted)
    assert await mirror.stat(NAME) is None
    await mirror.close()


async def test_a_blob_whose_block_is_missing_cannot_be_completed(blobs: BlobMirror) -> None:
    upload = await blobs.upload(NAME, {}, "audio/mpeg")
    await upload.part(0, b"a")
    with pytest.raises(MirrorUnavailable):
        await upload.complete(2, bytes(16))
    assert await blobs.stat(NAME) is None
