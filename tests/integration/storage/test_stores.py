"""The object store and the mirror against real servers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from dev.faults.proxy import Fault, FaultProxy
from dev.stack import Stack
from services.scraper.attempt.upload import object_metadata
from shared.errors import Misconfigured, Unavailable
from shared.settings import AzureSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.s3.objects import ObjectMissing, ObjectRefused, ObjectStore

TITLE = "ɖɔ̀ 100 % + a&b=c / “quoted” 🎧"


@pytest.fixture
async def blobs(azure: AzureSettings) -> AsyncIterator[BlobMirror]:
    mirror = BlobMirror(azure)
    await mirror.ensure_container(10)
    await mirror.ensure_container(10)
    yield mirror
    await mirror.close()


@pytest.mark.parametrize("size", [1, 100_000, 20 * 2**20])
async def test_an_object_comes_back_as_it_was_stored(store: ObjectStore, tmp_path: Path, size: int) -> None:
    data = hashlib.sha256(str(size).encode()).digest() * (size // 32 + 1)
    path = tmp_path / "file"
    path.write_bytes(data[:size])
    await store.put_file("audio/a b/ü.mp3", path, "audio/mpeg", {"title": TITLE, "sha256": "abc"})
    with await asyncio.to_thread(store.reading, "audio/a b/ü.mp3") as reading:
        assert (reading.metadata["title"], reading.metadata["sha256"]) == (TITLE, "abc")
        assert await asyncio.to_thread(reading.stream.read) == data[:size]


async def test_an_object_that_the_store_refuses_is_not_taken_for_a_store_in_trouble(
    s3: ObjectStoreSettings, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    body = b"<Error><Code>MetadataTooLarge</Code><Message>Your metadata is too large.</Message></Error>"
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body)
    host, port = s3.endpoint.split(":")
    with FaultProxy(int(port)) as proxy:
        proxy.set(Fault(answer=answer + body))
        refusing = ObjectStore(s3.model_copy(update={"endpoint": f"{host}:{proxy.port}"}))
        with pytest.raises(ObjectRefused, match="MetadataTooLarge"):
            await refusing.put_file("audio/x.mp3", path, "audio/mpeg", {})


@pytest.mark.parametrize("letter", ["a", "ɖ", "文", "🎧"])
def test_the_longest_title_fits_into_an_objects_metadata(letter: str) -> None:
    audio: Any = {
        "sha256": "0" * 64,
        "duration_seconds": 1,
        "bitrate_kbps": 320,
        "codec": "mp3",
        "source_bitrate_kbps": 128.0,
        "engine": "yt-dlp",
    }
    video: Any = {"_id": "youtube:aaaaaaaaaaa", "url": "https://www.youtube.com/watch?v=aaaaaaaaaaa"}
    written = object_metadata(video, {"title": letter * 500}, audio)
    size = sum(len(name) + len(quote(value)) for name, value in written.items())
    assert size < 2_048
    assert set(written["title"]) == {letter}
    assert len(written["title"]) > 80


async def test_an_absent_object_is_told_as_such(store: ObjectStore) -> None:
    with pytest.raises(ObjectMissing):
        await asyncio.to_thread(store.reading, "audio/none")


async def test_a_store_that_is_not_there_is_waited_for_and_then_named() -> None:
    key = SecretStr("x" * 20)
    store = ObjectStore(ObjectStoreSettings(endpoint="127.0.0.1:9", access_key=key, secret_key=key, secure=False))
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9.*correct MINIO_ENDPOINT"):
        await store.ensure_bucket(0.5)


async def test_the_accounts_key_works_too(servers: Stack, azure: AzureSettings) -> None:
    key = servers.state.keep_secret("azurite", "")
    mirror = BlobMirror(azure.model_copy(update={"sas_token": None, "account_key": SecretStr(key)}))
    try:
        await mirror.ensure_container(10)
        assert await mirror.problem() is None
    finally:
        await mirror.close()


async def test_no_credential_at_all_is_told_as_such(azure: AzureSettings) -> None:
    with pytest.raises(Misconfigured, match="neither AZURE_SAS_TOKEN nor AZURE_ACCOUNT_KEY"):
        BlobMirror(azure.model_copy(update={"sas_token": None}))


async def test_a_wrong_token_is_told_as_such(azure: AzureSettings) -> None:
    mirror = BlobMirror(azure.model_copy(update={"sas_token": SecretStr("sv=2021-08-06&sig=AAAA")}))
    try:
        with pytest.raises((Misconfigured, Unavailable), match="Azure at"):
            await mirror.ensure_container(0.5)
    finally:
        await mirror.close()
