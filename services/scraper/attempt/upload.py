"""Storing: the verified files of a video go into the object store, each with what one must know to read it alone."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from services.scraper.engines.values import Downloaded, Sidecar
from services.scraper.media.verification import Verified
from shared import metrics
from shared.catalog.documents import Audio, Beside, Metadata, Video
from shared.catalog.videos.stored_objects import stored_objects
from shared.catalog.videos.transitions import Stored
from shared.errors import StoreUnavailable
from shared.storage.keys import content_type_of, folder_of, object_key
from shared.storage.objects import ObjectStore

#: S3 allows 2 KiB of metadata in all. A title may be long, and a letter grows up to twelvefold when percent-encoded.
TITLE_BYTES = 1000
LISTED_AT_ONCE = 100


class StoreTrouble(Exception):
    """The object store is away or unwell; the text says how."""


async def store(
    objects: ObjectStore, video: Video, source: Downloaded, files: Sequence[Verified], beside: Sequence[Sidecar]
) -> Stored:
    """Store all files of a video, the first one being its main audio object. Raises StoreTrouble or ObjectRefused.

    What dies in the middle leaves objects that the next attempt replaces.
    """
    sounds = [await _sound(objects, video, source, file) for file in files]
    others = [await _other(objects, video, file) for file in beside]
    metrics.STORED_SECONDS.inc(sounds[0]["duration_seconds"])
    return Stored(source.metadata, sounds[0], sounds[1:], others)


async def remove_leftovers(objects: ObjectStore, video: Video) -> int:
    """Remove what earlier attempts left in the video's folder. Returns how many objects.

    A bucket with versioning keeps their content as it was told to, until the video is deleted: what meets the internet
    need not, and should not, be allowed to remove versions.
    """
    kept = {found.key for found in stored_objects(video)}
    removed = 0
    async for keys in objects.keys(folder_of(video["_id"]), LISTED_AT_ONCE):
        for key in keys:
            if key not in kept:
                await objects.delete(key)
                removed += 1
    return removed


async def _sound(objects: ObjectStore, video: Video, source: Downloaded, file: Verified) -> Audio:
    audio: Audio = {
        "profile": file.profile,
        "bucket": objects.bucket,
        "key": object_key(video["_id"], file.path.name),
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "duration_seconds": file.duration_seconds,
        "bitrate_kbps": file.bitrate_kbps,
        "codec": file.codec,
        "source_codec": source.source_codec,
        "source_bitrate_kbps": source.source_bitrate_kbps,
        "source_format": source.source_format,
        "engine": source.engine,
        "stored_at": datetime.now(UTC),
    }
    await _put(objects, audio["key"], file.path, object_metadata(video, source.metadata, audio), file.size_bytes)
    return audio


async def _other(objects: ObjectStore, video: Video, file: Sidecar) -> Beside:
    data = await asyncio.to_thread(file.path.read_bytes)
    beside: Beside = {
        "kind": file.kind,
        "key": object_key(video["_id"], file.path.name),
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
    }
    if file.language is not None:
        beside |= {"language": file.language, "automatic": file.automatic}
    written = {"sha256": beside["sha256"], "video-id": video["_id"], "source-url": video["url"], "kind": file.kind}
    await _put(objects, beside["key"], file.path, written, len(data))
    return beside


async def _put(objects: ObjectStore, key: str, path: Path, metadata: dict[str, str], size_bytes: int) -> None:
    try:
        await objects.put_file(key, path, content_type_of(key), metadata)
    except StoreUnavailable as error:
        raise StoreTrouble(str(error)) from error
    metrics.STORED_BYTES.inc(size_bytes)


def object_metadata(video: Video, metadata: Metadata, audio: Audio) -> dict[str, str]:
    """What is written on the audio object itself, so that the archive can be read without the catalog."""
    language = metadata.get("language")
    bitrate = audio["source_bitrate_kbps"]
    return {
        **({} if language is None else {"language": language}),
        **({} if bitrate is None else {"source-bitrate-kbps": f"{bitrate:.0f}"}),
        "sha256": audio["sha256"],
        "duration-seconds": f"{audio['duration_seconds']:.3f}",
        "bitrate-kbps": str(audio["bitrate_kbps"]),
        "codec": audio["codec"],
        "engine": audio["engine"],
        "video-id": video["_id"],
        "source-url": video["url"],
        "title": _that_fits(metadata.get("title") or ""),
    }


def _that_fits(title: str) -> str:
    """The beginning of a title that takes at most TITLE_BYTES when it is percent-encoded."""
    sizes = itertools.accumulate(len(quote(letter)) for letter in title)
    return title[: sum(1 for size in sizes if size <= TITLE_BYTES)]
