"""Synthetic objects in both stores, with their documents, and the sweep that compares them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple

from pydantic import SecretStr

from bench.measuring import PeakResident
from dev.stack import Stack
from shared.catalog.connection import connect
from shared.settings import AzureSettings, MongoSettings, ObjectStoreSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.content import Payload
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore

#: Uploads at once.
AT_ONCE = 16
#: Documents inserted together.
BATCH = 500
CONTENT = b"as good as any sound"


class Swept(NamedTuple):
    """The output of `fonoteca sync run --json`, its time and its memory."""

    said: dict[str, Any]
    seconds: float
    #: Its peak resident memory in MB.
    peak_mb: float

    @property
    def touched(self) -> dict[str, int]:
        """Return kind of difference → count."""
        return {kind: self.said[kind]["number"] for kind in ("missing", "stale", "orphaned")}


def sync_run(stack: Stack, *options: str) -> Swept:
    """Run the command."""
    command = [str(Path(sys.executable).parent / "fonoteca"), "sync", "run", "--json", *options]
    began = time.perf_counter()
    with (
        subprocess.Popen(command, env={**os.environ, **stack.exports}, stdout=subprocess.PIPE) as process,
        PeakResident(process.pid) as memory,
    ):
        said, _ = process.communicate()
    return Swept(json.loads(said), time.perf_counter() - began, memory.mb)


@asynccontextmanager
async def mirror_of(stack: Stack) -> AsyncIterator[BlobMirror]:
    """Yield the mirror's container."""
    exports = stack.exports
    blobs = BlobMirror(
        AzureSettings(account_url=exports["AZURE_ACCOUNT_URL"], sas_token=SecretStr(exports["AZURE_SAS_TOKEN"]))
    )
    try:
        await blobs.ensure_container(30)
        yield blobs
    finally:
        await blobs.close()


async def put_blob(blobs: BlobMirror, name: str, content: bytes) -> None:
    """Write a blob as the mirror does."""

    await blobs.put(name, Payload.of(content), {"sha256": hashlib.sha256(content).hexdigest()}, "audio/mpeg")


async def fill(stack: Stack, numbers: range, *, mirrored: bool = True) -> None:
    """Put an object, its document and, if mirrored, its copy, for each number."""
    exports = stack.exports
    store = ObjectStore(
        ObjectStoreSettings(
            endpoint=exports["MINIO_ENDPOINT"],
            access_key=SecretStr(exports["MINIO_ACCESS_KEY"]),
            secret_key=SecretStr(exports["MINIO_SECRET_KEY"]),
            secure=False,
        )
    )
    mongo = MongoSettings(uri=SecretStr(exports["MONGO_URI"]), database=exports.get("MONGO_DATABASE", "fonoteca"))
    await store.ensure_bucket(30)
    catalog = await connect(mongo, "bench", 30)
    digest = hashlib.sha256(CONTENT).hexdigest()
    async with mirror_of(stack) as blobs:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(AT_ONCE))
        with NamedTemporaryFile() as file:
            Path(file.name).write_bytes(CONTENT)
            places = asyncio.Semaphore(AT_ONCE)

            async def put(number: int) -> None:
                async with places:
                    await store.put_file(key_of(number), Path(file.name), "audio/mpeg", {"sha256": digest})
                    if mirrored:
                        await put_blob(blobs, key_of(number), CONTENT)

            waiting = iter(numbers)
            while batch := list(islice(waiting, BATCH)):
                await catalog.videos.insert_many([_document(number, digest) for number in batch], ordered=False)
                await asyncio.gather(*map(put, batch))
    await catalog.close()


def key_of(number: int) -> str:
    """Return the name of an object in both stores."""
    return object_key(_id(number), "mp3-320.mp3")


def _id(number: int) -> str:
    return f"youtube:{number:011}"


def _document(number: int, digest: str) -> Any:
    now = datetime.now(UTC)
    audio = {
        "key": key_of(number),
        "sha256": digest,
        "size_bytes": len(CONTENT),
        "stored_at": now,
        "profile": "mp3-320",
    }
    return {"_id": _id(number), "accession": number + 1, "state": "stored", "token": 1, "audio": audio}
