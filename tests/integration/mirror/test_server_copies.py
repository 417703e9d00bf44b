"""Copies that Azure fetches itself. The emulator lacks the request: a small server in front of it has it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from services.sync.mirror import Mirror
from shared.catalog.connection import Catalog
from shared.catalog.videos.stored_objects import StoredObject
from shared.errors import MirrorUnavailable
from shared.settings import AzureSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.content import Content
from shared.storage.s3.links import Links
from shared.storage.s3.mirror import BucketMirror
from shared.storage.s3.objects import PART_SIZE, ObjectStore
from shared.storage.server_copies import ServerCopies

NAME = "audio/youtube/fe/fetched0001/mp3-320.mp3"
SOUND = b"the sound of it" * 1000


@asynccontextmanager
async def fetching(settings: AzureSettings, *, source_is_away: bool = False) -> AsyncIterator[AzureSettings]:
    """The emulator with Put Blob From URL. `source_is_away`: it cannot read the address."""
    assert settings.account_url is not None
    there = settings.account_url.partition("//")[2].partition("/")[0]

    async def answer(request: web.Request) -> web.Response:
        headers = {n: v for n, v in request.headers.items() if n.lower() not in ("host", "content-length")}
        body = await request.read()
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            if (source := headers.pop("x-ms-copy-source", None)) is not None:
                if source_is_away:
                    return refused(503, "CannotVerifyCopySource")
                async with session.get(source) as found:
                    body = await found.read()
                wanted = headers.pop("x-ms-source-content-md5")
                if base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode() != wanted:
                    return refused(400, "Md5Mismatch")
                headers.pop("x-ms-copy-source-blob-properties", None)
                headers["x-ms-blob-type"] = "BlockBlob"
                fetched.append(source)
            url = f"http://{there}{request.raw_path}"
            async with session.request(request.method, url, headers=headers, data=body) as passed:
                left_out = {"date", "server", "transfer-encoding"}
                if request.method != "HEAD":
                    left_out.add("content-length")
                kept = {n: v for n, v in passed.headers.items() if n.lower() not in left_out}
                return web.Response(status=passed.status, body=await passed.read() or None, headers=kept)

    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fetched: list[str] = []
    here = settings.account_url.replace(there, f"127.0.0.1:{runner.addresses[0][1]}")
    try:
        yield settings.model_copy(update={"account_url": here})
    finally:
        await runner.cleanup()


def refused(status: int, code: str) -> web.Response:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    return web.Response(status=status, text=body, content_type="application/xml", headers={"x-ms-error-code": code})


async def put(store: ObjectStore, folder: Path, data: bytes, recorded: str | None = None) -> Content:
    file, sha256 = folder / "sound", hashlib.sha256(data).hexdigest()
    file.write_bytes(data)
    await store.put_file(NAME, file, "audio/mpeg", {"sha256": recorded or sha256, "title": "Kpɔn"})
    return Content(len(data), sha256)


def copies_of(store: ObjectStore, s3: ObjectStoreSettings) -> ServerCopies:
    return ServerCopies(store, Links(s3, f"http://{s3.endpoint}", 900))


async def mirror_at(settings: AzureSettings) -> BlobMirror:
    mirror = BlobMirror(settings)
    await mirror.ensure_container(10)
    return mirror


async def test_azure_fetches_an_object_with_its_metadata(
    store: ObjectStore, s3: ObjectStoreSettings, azure: AzureSettings, tmp_path: Path
) -> None:
    wanted = await put(store, tmp_path, SOUND)
    async with fetching(azure) as settings:
        mirror = await mirror_at(settings)
        assert await copies_of(store, s3).copy(mirror, NAME, wanted)
        assert b"".join([block async for block in mirror.read(NAME)]) == SOUND
        assert await mirror.stat(NAME) == wanted
        assert (await mirror.metadata(NAME))["title"] == "Kpɔn"
        await mirror.close()


@pytest.mark.parametrize("why", ["in parts", "other content", "another record", "gone"])
async def test_what_nothing_proves_goes_the_usual_way(
    store: ObjectStore, s3: ObjectStoreSettings, azure: AzureSettings, tmp_path: Path, why: str
) -> None:
    wanted = await put(store, tmp_path, b"x" * (PART_SIZE + 1) if why == "in parts" else SOUND)
    if why == "other content":
        await put(store, tmp_path, SOUND[::-1])
    elif why == "another record":
        await put(store, tmp_path, SOUND, recorded="0" * 64)
    elif why == "gone":
        await store.delete(NAME)
    async with fetching(azure) as settings:
        mirror = await mirror_at(settings)
        assert not await copies_of(store, s3).copy(mirror, NAME, wanted)
        assert await mirror.stat(NAME) is None
        await mirror.close()


async def test_bytes_with_another_md5_are_refused(
    store: ObjectStore, s3: ObjectStoreSettings, azure: AzureSettings, tmp_path: Path
) -> None:
    await put(store, tmp_path, SOUND)
    async with fetching(azure) as settings:
        mirror = await mirror_at(settings)
        address = Links(s3, f"http://{s3.endpoint}", 900).address_of(NAME)
        with pytest.raises(MirrorUnavailable, match="Md5Mismatch"):
            await mirror.fetch(NAME, address, bytes(16), {}, "audio/mpeg")
        assert await mirror.stat(NAME) is None
        await mirror.close()


@pytest.mark.parametrize("what", ["the emulator", "a source that is away", "an S3 server"])
async def test_who_cannot_fetch_is_not_asked_again_at_once(
    store: ObjectStore, s3: ObjectStoreSettings, azure: AzureSettings, tmp_path: Path, what: str
) -> None:
    wanted, copies = await put(store, tmp_path, SOUND), copies_of(store, s3)
    if what == "an S3 server":
        assert not await copies.copy(BucketMirror(s3), NAME, wanted)
        return
    async with fetching(azure, source_is_away=True) as away:
        mirror = await mirror_at(azure if what == "the emulator" else away)
        assert not await copies.copy(mirror, NAME, wanted)
        assert await mirror.stat(NAME) is None
        await mirror.close()
    # Closed, it could not be asked.
    assert not await copies.copy(mirror, NAME, wanted)


async def test_an_azure_that_is_away_is_an_error(
    store: ObjectStore, s3: ObjectStoreSettings, azure: AzureSettings, tmp_path: Path
) -> None:
    wanted = await put(store, tmp_path, SOUND)
    away = BlobMirror(azure.model_copy(update={"account_url": "http://127.0.0.1:9/nobody"}))
    with pytest.raises(MirrorUnavailable):
        await copies_of(store, s3).copy(away, NAME, wanted)
    await away.close()


async def test_the_mirror_lets_azure_fetch_what_it_can_and_copies_the_rest(
    catalog: Catalog,
    store: ObjectStore,
    s3: ObjectStoreSettings,
    azure: AzureSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with fetching(azure) as settings:
        mirror = await mirror_at(settings)
        asked: list[str] = []
        fetch = mirror.fetch

        async def counted(name: str, *rest: Any) -> None:
            asked.append(name)
            await fetch(name, *rest)

        monkeypatch.setattr(mirror, "fetch", counted)
        sync = Mirror(catalog, store, [mirror], None, server_copies=copies_of(store, s3))
        for sound in (SOUND, b"x" * (PART_SIZE + 1)):
            wanted = await put(store, tmp_path, sound)
            video: Any = {"_id": "youtube:fetched0001", "audio": {"stored_at": datetime.now(UTC)}}
            await sync.copy_again(video, StoredObject(NAME, wanted.sha256, wanted.size_bytes), mirror)
            assert await mirror.stat(NAME) == wanted
        assert asked == [NAME]
        await mirror.close()
