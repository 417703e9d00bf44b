"""Removes what a person deleted from both stores."""

from __future__ import annotations

from datetime import timedelta

from services.sync.blob import BLOB_ERRORS, BlobMirror
from shared import metrics
from shared.catalog.batches import BATCH
from shared.catalog.connection import Catalog
from shared.catalog.decisions import mark_purged, unpurged
from shared.logs import logger
from shared.storage.keys import folder_of
from shared.storage.objects import STORE_ERRORS, ObjectStore

log = logger(__name__)


async def purge(catalog: Catalog, store: ObjectStore, blobs: BlobMirror | None, grace_seconds: float) -> int:
    """Remove the copies of deleted videos. Returns of how many; one that fails is left for the next look.

    `grace_seconds`: what an attempt that was running when the video was deleted may need to notice that it lost.
    """
    before = await catalog.now() - timedelta(seconds=grace_seconds)
    purged = 0
    for video in await unpurged(catalog, before):
        try:
            await _remove(folder_of(video["_id"]), store, blobs)
        except (*STORE_ERRORS, *BLOB_ERRORS) as error:
            log.warning("purge.failed", video_id=video["_id"], error=str(error))
            continue
        await mark_purged(catalog, video["_id"])
        metrics.MIRROR_PURGED.inc()
        log.info("video.purged", video_id=video["_id"])
        purged += 1
    return purged


async def _remove(folder: str, store: ObjectStore, blobs: BlobMirror | None) -> None:
    """Remove all that lies below a folder, also what an attempt left that died before it told."""
    async for keys in store.keys(folder, BATCH):
        for key in keys:
            await store.delete(key)
    if blobs is not None:
        async for names in blobs.names(folder, BATCH):
            for name in names:
                await blobs.delete(name)
