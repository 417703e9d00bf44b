"""Reads complete copies, and replaces a bad copy with the good one."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from pathlib import Path

from shared.catalog.videos.stored_objects import StoredObject
from shared.storage.content import Content
from shared.storage.copying import IN_FLIGHT_BYTES, copy_object
from shared.storage.in_flight import BytesInFlight
from shared.storage.keys import content_type_of
from shared.storage.s3.objects import ObjectMissing, ObjectStore
from shared.storage.target import MirrorTarget

#: Bytes of an object that are read at once; several objects are read at the same time.
READ_BYTES = 4 * 2**20


async def hash_of_object(store: ObjectStore, key: str) -> Content | None:
    """Read an object to its end. Returns its size and SHA-256; None if it does not exist."""

    def read() -> Content | None:
        digest, size = hashlib.sha256(), 0
        try:
            with store.reading(key) as found:
                while block := found.stream.read(READ_BYTES):
                    digest.update(block)
                    size += len(block)
        except ObjectMissing:
            return None
        return Content(size, digest.hexdigest())

    return await asyncio.to_thread(read)


async def hash_of_copy(target: MirrorTarget, name: str) -> Content | None:
    """Read a copy to its end. Returns its size and SHA-256; None if it does not exist."""
    if await target.stat(name) is None:
        return None
    digest, size = hashlib.sha256(), 0
    async for block in target.read(name):
        digest.update(block)
        size += len(block)
    return Content(size, digest.hexdigest())


async def copy_to_mirror(store: ObjectStore, target: MirrorTarget, wanted: StoredObject) -> None:
    """Copy an object into the mirror. Raises WrongContent, and writes nothing, if it has another SHA-256."""
    in_flight = BytesInFlight(IN_FLIGHT_BYTES)
    await copy_object(store, target, wanted.key, Content(wanted.size_bytes, wanted.sha256), in_flight)


async def restore_from_mirror(store: ObjectStore, target: MirrorTarget, wanted: StoredObject) -> bool:
    """Copy a verified blob back into the object store. False: its bytes are wrong, and nothing was written."""
    with tempfile.TemporaryDirectory(prefix="fonoteca-audit-") as folder:
        path = Path(folder) / "object"
        digest = hashlib.sha256()
        with path.open("wb") as file:
            async for block in target.read(wanted.key):
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != wanted.sha256:
            return False
        metadata = await target.metadata(wanted.key)
        await store.put_file(wanted.key, path, content_type_of(wanted.key), metadata)
        return True
