"""An object of the object store, and its copy in a target."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from shared.storage.content import Content
from shared.storage.copying import copy_object
from shared.storage.in_flight import BytesInFlight
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget

NAME = "audio/a b/ü.mp3"


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def content_of(data: bytes) -> Content:
    return Content(len(data), hashlib.sha256(data).hexdigest())


async def put(store: ObjectStore, folder: Path, data: bytes, **metadata: str) -> Content:
    path = folder / "file"
    path.write_bytes(data)
    await store.put_file(NAME, path, "audio/mpeg", metadata)
    return content_of(data)


async def copy(store: ObjectStore, target: MirrorTarget, wanted: Content, limit: int = 64 * 2**20) -> None:
    await copy_object(store, target, NAME, wanted, BytesInFlight(limit))
