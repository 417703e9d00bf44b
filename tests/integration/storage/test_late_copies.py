"""A copy that comes to Azure after a newer one of the same object."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.sync.mirror import Mirror
from shared.catalog.connection import Catalog
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.keys import object_key
from shared.storage.objects import ObjectStore

ID = "youtube:latecopies1"
KEY = object_key(ID, "mp3-320.mp3")
OLD, NEW = b"the old recording" * 50, b"the new recording" * 60


class SlowOnce(BlobMirror):
    """The first blob that is written waits for something else to be done."""

    meanwhile: Any = None

    async def put(self, name: str, content: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        await super().put(name, content, metadata, content_type)


@pytest.fixture
async def blobs(azure: AzureSettings) -> AsyncIterator[SlowOnce]:
    mirror = SlowOnce(azure)
    await mirror.ensure_container(10)
    yield mirror
    await mirror.close()


async def store_audio(catalog: Catalog, store: ObjectStore, folder: Path, content: bytes) -> None:
    """As an attempt leaves it: the object, then the document."""
    file, digest = folder / "sound.mp3", hashlib.sha256(content).hexdigest()
    file.write_bytes(content)
    await store.put_file(KEY, file, "audio/mpeg", {"sha256": digest})
    audio = {"profile": "mp3-320", "bucket": store.bucket, "key": KEY, "sha256": digest, "size_bytes": len(content)}
    audio |= {"stored_at": datetime.now(UTC)}
    change = {"state": "stored", "token": 1, "accession": 1, "audio": audio, "mirror": None}
    await catalog.videos.update_one({"_id": ID}, {"$set": change}, upsert=True)


@pytest.mark.parametrize("deleted", [False, True])
async def test_the_newer_one_is_there_in_the_end(
    catalog: Catalog, store: ObjectStore, blobs: SlowOnce, publisher: Publisher, tmp_path: Path, deleted: bool
) -> None:
    mirror = Mirror(catalog, store, blobs, publisher)
    await store_audio(catalog, store, tmp_path, OLD)

    async def meanwhile() -> None:
        await store_audio(catalog, store, tmp_path, NEW)
        await Mirror(catalog, store, blobs, publisher).mirror(ID)
        if deleted:
            tombstone = {"at": datetime.now(UTC), "purged_at": None}
            await catalog.videos.update_one({"_id": ID}, {"$set": {"state": "abandoned", "tombstone": tombstone}})

    blobs.meanwhile = meanwhile
    await mirror.mirror(ID)
    video = await catalog.videos.find_one({"_id": ID})
    assert video is not None
    assert video["mirror"]["sha256"] == hashlib.sha256(NEW).hexdigest()
    # What a person deleted is left to the purge.
    expected = OLD if deleted else NEW
    assert b"".join([block async for block in blobs.read(KEY)]) == expected
