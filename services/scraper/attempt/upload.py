"""Uploads the verified files of a video to the object store, each with metadata that describes it by itself."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from services.scraper.attempt.failed import AttemptFailed
from services.scraper.attempt.slots import Stopwatch
from services.scraper.engines.values import Downloaded, Sidecar
from services.scraper.media.verification import Verified
from services.scraper.sources.source_breaker import BACK_SECONDS
from shared import metrics
from shared.catalog.documents import Audio, Metadata, StoredSidecar, Video
from shared.catalog.videos.outcomes import Stored
from shared.catalog.videos.stored_objects import stored_objects
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import StoreUnavailable, TryLater
from shared.storage.keys import content_type_of, folder_of, object_key
from shared.storage.s3.objects import ObjectRefused, ObjectStore

#: Maximum bytes of the percent-encoded title. S3 allows 2 KiB of metadata in total, and encoding makes a letter up to
#: twelve times as long.
TITLE_BYTES = 1000
#: Keys per request when a video's folder is listed.
LISTED_AT_ONCE = 100


class StoreTrouble(TryLater):
    """The object store is unavailable or reports trouble; the detail describes it."""

    def __init__(self, detail: str) -> None:
        super().__init__(BACK_SECONDS, f"the object store: {detail}")
        self.detail = detail


class UploadStage:
    """The last stage of an attempt: uploads the verified files to the object store."""

    def __init__(self, objects: ObjectStore, sidecar_kinds: Sequence[str]) -> None:
        """`sidecar_kinds`: the kinds to store; a thumbnail may have been downloaded only to be embedded."""
        self._objects = objects
        self._sidecar_kinds = sidecar_kinds

    async def run(self, video: Video, source: Downloaded, files: Sequence[Verified], watch: Stopwatch) -> Stored:
        """Store all files of a video, the first one as its main audio object.

        Objects of an interrupted upload are replaced by the next attempt. Raises StoreTrouble, or AttemptFailed if the
        store refused an object.
        """
        sidecars = [file for file in source.beside if file.kind != "thumbnail" or "thumbnail" in self._sidecar_kinds]
        async with watch.stage("store"):
            try:
                audio = [await _store_audio(self._objects, video, source, file) for file in files]
                stored_sidecars = [await _store_sidecar(self._objects, video, file) for file in sidecars]
            except ObjectRefused as error:
                failure = Failure.of(Reason.OBJECT_REFUSED, str(error)[:500])
                raise AttemptFailed(failure, source.metadata.get("title")) from error
        metrics.STORED_SECONDS.inc(audio[0]["duration_seconds"])
        if (published := video.get("published_at")) is not None:
            lag = (audio[0]["stored_at"] - published).total_seconds()
            metrics.STORED_LAG_SECONDS.observe(max(0, lag))
        return Stored(source.metadata, audio[0], audio[1:], stored_sidecars)

    async def remove_leftovers(self, video: Video) -> int:
        """Remove what earlier attempts left in the folder of a stored video. Returns the number of objects."""
        return await remove_leftovers(self._objects, video)


async def remove_leftovers(objects: ObjectStore, video: Video) -> int:
    """Remove what earlier attempts left in the video's folder. Returns the number of objects.

    A bucket with versioning keeps their content until the video is deleted: a service that contacts the internet should
    not have the right to remove versions.
    """
    kept = {found.key for found in stored_objects(video)}
    removed = 0
    async for keys in objects.keys(folder_of(video["_id"]), LISTED_AT_ONCE):
        for key in keys:
            if key not in kept:
                await objects.delete(key)
                removed += 1
    return removed


async def _store_audio(objects: ObjectStore, video: Video, source: Downloaded, file: Verified) -> Audio:
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


async def _store_sidecar(objects: ObjectStore, video: Video, file: Sidecar) -> StoredSidecar:
    data = await asyncio.to_thread(file.path.read_bytes)
    sidecar: StoredSidecar = {
        "kind": file.kind,
        "key": object_key(video["_id"], file.path.name),
        "sha256": hashlib.sha256(data).hexdigest(),
        "size_bytes": len(data),
    }
    if file.language is not None:
        sidecar |= {"language": file.language, "automatic": file.automatic}
    metadata = {"sha256": sidecar["sha256"], "video-id": video["_id"], "source-url": video["url"], "kind": file.kind}
    await _put(objects, sidecar["key"], file.path, metadata, len(data))
    return sidecar


async def _put(objects: ObjectStore, key: str, path: Path, metadata: dict[str, str], size_bytes: int) -> None:
    try:
        await objects.put_file(key, path, content_type_of(key), metadata)
    except StoreUnavailable as error:
        raise StoreTrouble(str(error)) from error
    metrics.STORED_BYTES.inc(size_bytes)


def object_metadata(video: Video, metadata: Metadata, audio: Audio) -> dict[str, str]:
    """The metadata of an audio object. With it, people can read the archive without the catalog."""
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
        "title": _shortened(metadata.get("title") or ""),
    }


def _shortened(title: str) -> str:
    """The beginning of a title that takes at most TITLE_BYTES when percent-encoded."""
    sizes = itertools.accumulate(len(quote(letter)) for letter in title)
    return title[: sum(1 for size in sizes if size <= TITLE_BYTES)]
