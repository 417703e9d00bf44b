"""Synthetic stored videos: documents as the services write them, their log, and objects of any size."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from shared.catalog.connection import Catalog, connect
from shared.catalog.search.accessions import take_numbers
from shared.catalog.search.terms import spelled, words_of
from shared.catalog.videos.outcomes import UNKNOWN_LICENCE
from shared.settings import MongoSettings, ObjectStoreSettings
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore

#: Uploads at once.
AT_ONCE = 8
PLAYLIST = "youtube:PLstored"


def store_of(exports: Mapping[str, str]) -> ObjectStore:
    """Return the bucket of a stack."""
    return ObjectStore(
        ObjectStoreSettings(
            endpoint=exports["MINIO_ENDPOINT"],
            access_key=SecretStr(exports["MINIO_ACCESS_KEY"]),
            secret_key=SecretStr(exports["MINIO_SECRET_KEY"]),
            bucket=exports.get("MINIO_BUCKET", "fonoteca"),
            secure=False,
        )
    )


async def catalog_of(exports: Mapping[str, str]) -> Catalog:
    """Return the catalog of a stack."""
    database = exports.get("MONGO_DATABASE", "fonoteca")
    return await connect(MongoSettings(uri=SecretStr(exports["MONGO_URI"]), database=database), "bench", 30)


def video_id(number: int) -> str:
    """Return the id of a stored video."""
    return f"youtube:{number:011}"


def content_of(number: int, size_bytes: int) -> bytes:
    """Return the bytes of its object. They differ for each video. Beyond 16 MiB they repeat."""
    block = random.Random(number).randbytes(min(size_bytes, 16 * 2**20))
    return (block * (size_bytes // len(block) + 1))[:size_bytes] if size_bytes > len(block) else block


async def store_videos(exports: Mapping[str, str], numbers: range, size_bytes: int, at_once: int = AT_ONCE) -> None:
    """Put videos into a stack's catalog and bucket, all of one playlist. `at_once`: uploads, each with its content."""
    store, catalog = store_of(exports), await catalog_of(exports)
    await store.ensure_bucket(30)
    now = datetime.now(UTC).replace(microsecond=0)
    accessions = await take_numbers(catalog, len(numbers))
    # The loop ends its threads itself; the catalog needs them until then.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(at_once))
    with TemporaryDirectory() as folder:
        places = asyncio.Semaphore(at_once)

        async def put(number: int) -> str:
            async with places:
                path = Path(folder) / str(number)
                digest = await asyncio.to_thread(_write, path, number, size_bytes)
                key = object_key(video_id(number), "mp3-320.mp3")
                await store.put_file(key, path, "audio/mpeg", {"sha256": digest, "title": f"Kpɔn {number}: 100 %"})
                path.unlink()
                return digest

        digests = await asyncio.gather(*map(put, numbers))
    parts = list(zip(numbers, accessions, digests, strict=True))
    bucket = store.bucket
    for begin in range(0, len(parts), 500):
        part = parts[begin : begin + 500]
        await catalog.videos.insert_many([_video(n, a, d, size_bytes, bucket, now) for n, a, d in part])
        await catalog.logs.insert_many([_entry(n, now) for n, _, _ in part])
    playlist: Any = {"_id": PLAYLIST, "url": "https://www.youtube.com/playlist?list=PLstored", "state": "expanded"}
    playlist |= dict.fromkeys(("state_since", "accepted_at", "submitted_at", "expanded_at"), now)
    playlist |= {"found": len(numbers), "attempts": 0, "charged": 0, "title": "Stored"}
    await catalog.playlists.replace_one({"_id": PLAYLIST}, playlist, upsert=True)
    await catalog.close()


def _write(path: Path, number: int, size_bytes: int) -> str:
    """Write the content of an object. Returns its SHA-256."""
    content = content_of(number, size_bytes)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _video(number: int, accession: int, digest: str, size_bytes: int, bucket: str, now: datetime) -> Any:
    id_, title, channel = video_id(number), f"Kpɔn {number}: 100 %", f"Channel {number % 30}"
    words = words_of(title, channel)
    audio: dict[str, Any] = {"profile": "mp3-320", "bucket": bucket, "key": object_key(id_, "mp3-320.mp3")}
    audio |= {"sha256": digest, "size_bytes": size_bytes, "duration_seconds": size_bytes / 40_000, "bitrate_kbps": 320}
    audio |= {"codec": "mp3", "source_codec": "opus", "source_bitrate_kbps": 128.0, "source_format": "251"}
    address = f"https://www.youtube.com/watch?v={id_.partition(':')[2]}"
    metadata = {"title": title, "channel": channel, "licence": None, "webpage_url": address, "description": title * 40}
    return {
        "_id": id_,
        "accession": accession,
        "extractor": "youtube",
        "source_id": id_.partition(":")[2],
        "url": address,
        "title": title,
        "words": words,
        "spelled": spelled(words),
        "licence": UNKNOWN_LICENCE,
        "duration_seconds": size_bytes / 40_000,
        "profiles": ["mp3-320"],
        "playlists": [PLAYLIST],
        "state": "stored",
        "state_since": now,
        "accepted_at": now - timedelta(hours=1),
        "requested_at": now - timedelta(hours=1),
        "token": 1,
        "attempts": 1,
        "metadata": metadata,
        "audio": {**audio, "engine": "yt-dlp", "stored_at": now},
        "further": [],
        "beside": [],
    }


def _entry(number: int, now: datetime) -> Any:
    id_ = video_id(number)
    entry: dict[str, Any] = {"_id": f"{id_}#1", "video_id": id_, "url": "", "title": None, "status": "stored"}
    entry |= {"timestamp": now, "retry_attempts": 0, "last_retry": None, "error": None, "failure_class": None}
    return entry | {"reason": None, "token": 1, "scraper": "bench", "seconds": 1.0, "stages": {"download": 0.5}}
