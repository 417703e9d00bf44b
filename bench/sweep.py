"""A sweep of the mirror over many objects: how long, and does its memory grow with their number?"""

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
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pydantic import SecretStr

from bench.measuring import PeakResident
from dev.stack import Stack
from services.sync.blob import BlobMirror
from shared.catalog.connection import connect
from shared.settings import AzureSettings, MongoSettings, ObjectStoreSettings
from shared.storage.keys import object_key
from shared.storage.objects import ObjectStore

#: Objects in both stores at the first sweep, and at the second.
FEW, MANY = 10_000, 100_000
#: Uploads at once.
AT_ONCE = 16
#: Documents inserted together.
BATCH = 500
CONTENT = b"as good as any sound"
SHA256 = hashlib.sha256(CONTENT).hexdigest()

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"sweep_memory_growth_percent": "≤ 10"}
MEANINGS = {
    "sweep_few_seconds": f"fonoteca sync run over {FEW:,} objects, none of which differs",
    "sweep_few_peak_mb": "its most resident memory, MB",
    "sweep_many_seconds": f"the same over {MANY:,} objects",
    "sweep_many_peak_mb": "its most resident memory, MB",
    "sweep_memory_growth_percent": f"growth of it from {FEW:,} to {MANY:,} objects",
}


def run(stack: Stack) -> dict[str, float]:
    """Fill both stores in two steps, and sweep after each."""
    asyncio.run(_fill(stack, range(FEW)))
    few_seconds, few = _sweep(stack, FEW)
    asyncio.run(_fill(stack, range(FEW, MANY)))
    many_seconds, many = _sweep(stack, MANY)
    return {
        "sweep_few_seconds": round(few_seconds, 1),
        "sweep_few_peak_mb": round(few, 1),
        "sweep_many_seconds": round(many_seconds, 1),
        "sweep_many_peak_mb": round(many, 1),
        "sweep_memory_growth_percent": round(100 * (many / few - 1), 1),
    }


def _sweep(stack: Stack, expected: int) -> tuple[float, float]:
    """Run the command. Returns its seconds and its peak in MB."""
    command = [str(Path(sys.executable).parent / "fonoteca"), "sync", "run", "--json"]
    began = time.perf_counter()
    with (
        subprocess.Popen(command, env={**os.environ, **stack.exports}, stdout=subprocess.PIPE) as process,
        PeakResident(process.pid) as memory,
    ):
        said, _ = process.communicate()
    found = json.loads(said)
    if found["compared"] != expected or found["missing"]["number"] + found["stale"]["number"]:
        raise RuntimeError(f"the sweep saw something else than {expected} equal objects: {said[:500]!r}")
    return time.perf_counter() - began, memory.mb


async def _fill(stack: Stack, numbers: range) -> None:
    exports = stack.exports
    store = ObjectStore(
        ObjectStoreSettings(
            endpoint=exports["MINIO_ENDPOINT"],
            access_key=SecretStr(exports["MINIO_ACCESS_KEY"]),
            secret_key=SecretStr(exports["MINIO_SECRET_KEY"]),
            secure=False,
        )
    )
    azure = AzureSettings(account_url=exports["AZURE_ACCOUNT_URL"], sas_token=SecretStr(exports["AZURE_SAS_TOKEN"]))
    mongo = MongoSettings(uri=SecretStr(exports["MONGO_URI"]), database=exports.get("MONGO_DATABASE", "fonoteca"))
    await store.ensure_bucket(30)
    blobs, catalog = BlobMirror(azure), await connect(mongo, "bench", 30)
    await blobs.ensure_container(30)
    with NamedTemporaryFile() as file, ThreadPoolExecutor(AT_ONCE) as pool:
        Path(file.name).write_bytes(CONTENT)
        asyncio.get_running_loop().set_default_executor(pool)
        places = asyncio.Semaphore(AT_ONCE)

        async def put(number: int) -> None:
            async with places:
                await store.put_file(_key(number), Path(file.name), "audio/mpeg", {"sha256": SHA256})
                await blobs.copy(_key(number), _content(), SHA256, {"sha256": SHA256}, "audio/mpeg")

        waiting = iter(numbers)
        while batch := list(islice(waiting, BATCH)):
            await catalog.videos.insert_many([_document(number) for number in batch], ordered=False)
            await asyncio.gather(*map(put, batch))
    await blobs.close()
    await catalog.close()


async def _content() -> AsyncIterator[bytes]:
    yield CONTENT


def _id(number: int) -> str:
    return f"youtube:{number:011}"


def _key(number: int) -> str:
    return object_key(_id(number), "mp3-320.mp3")


def _document(number: int) -> Any:
    now = datetime.now(UTC)
    audio = {"key": _key(number), "sha256": SHA256, "size_bytes": len(CONTENT), "stored_at": now, "profile": "mp3-320"}
    return {"_id": _id(number), "accession": number + 1, "state": "stored", "token": 1, "audio": audio}
