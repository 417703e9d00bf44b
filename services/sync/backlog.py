"""Copies the backlog: objects whose event was lost, or that were stored before the mirror was switched on."""

from __future__ import annotations

from datetime import timedelta

from services.sync.mirror import Mirror
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.videos.mirroring import count_unmirrored, unmirrored_videos
from shared.errors import CatalogUnavailable, TryLater, Unavailable
from shared.logs import logger
from shared.runtime.defect_book import DefectBook

log = logger(__name__)


async def copy_backlog(catalog: Catalog, mirror: Mirror, grace_seconds: float) -> int:
    """Copy the stored objects that have no copy. Returns how many videos were copied.

    `grace_seconds`: age below which an object is left to its event. A video whose copy fails is left for the next run.
    A defect over a video is counted on it, and the run continues. Raises CatalogUnavailable.
    """
    metrics.MIRROR_PENDING.set(await count_unmirrored(catalog))
    now = await catalog.now()
    copied, book = 0, DefectBook(catalog, None)
    async for video in unmirrored_videos(catalog, now - timedelta(seconds=grace_seconds), now):
        async with book.guard_video(video):
            copied += await _copied(mirror, video["_id"])
    if copied:
        metrics.MIRROR_PENDING.set(await count_unmirrored(catalog))
        log.info("backlog.copied", objects=copied)
    return copied


async def _copied(mirror: Mirror, video_id: str) -> bool:
    try:
        await mirror.mirror(video_id, check_first=True)
    except CatalogUnavailable:
        raise
    except (Unavailable, TryLater) as error:
        log.warning("backlog.skipped", video_id=video_id, error=str(error))
        return False
    return True
