"""A copy that comes to the mirror after a newer one of the same object."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.sync.mirror import Mirror
from shared.catalog.connection import Catalog
from shared.messaging.publisher import Publisher
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget

ID = "youtube:latecopies1"
KEY = object_key(ID, "mp3-320.mp3")
OLD, NEW = b"the old recording" * 50, b"the new recording" * 60


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
    catalog: Catalog,
    store: ObjectStore,
    target: MirrorTarget,
    publisher: Publisher,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    deleted: bool,
) -> None:
    mirror = Mirror(catalog, store, [target], publisher)
    await store_audio(catalog, store, tmp_path, OLD)

    async def meanwhile() -> None:
        await store_audio(catalog, store, tmp_path, NEW)
        await Mirror(catalog, store, [target], publisher).mirror(ID)
        if deleted:
            tombstone = {"at": datetime.now(UTC), "purged_at": None}
            await catalog.videos.update_one({"_id": ID}, {"$set": {"state": "abandoned", "tombstone": tombstone}})

    put, waits = target.put, [meanwhile]

    async def slow_once(*arguments: Any) -> None:
        while waits:
            await waits.pop()()
        await put(*arguments)

    monkeypatch.setattr(target, "put", slow_once)
    await mirror.mirror(ID)
    video = await catalog.videos.find_one({"_id": ID})
    assert video is not None
    assert video["mirror"]["sha256"] == hashlib.sha256(NEW).hexdigest()
    # What a person deleted is left to the purge.
    expected = OLD if deleted else NEW
    assert b"".join([block async for block in target.read(KEY)]) == expected
