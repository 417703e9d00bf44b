"""Looks again and again for what events missed: stored objects without a copy, and deleted videos with one.

A stored object whose event was lost, or that was stored before the mirror was switched on, is copied from here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.sync.mirror import Mirror
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import VideoState
from shared.catalog.videos.defects import not_resting
from shared.errors import CatalogUnavailable, FonotecaError, TryLater, Unavailable
from shared.logs import logger
from shared.runtime.defect_book import DefectBook

log = logger(__name__)

_UNMIRRORED = {"state": VideoState.STORED, "mirror.sha256": None}


async def for_ever(look: Callable[[], Awaitable[int]], every_seconds: float) -> None:
    """Look every `every_seconds`, whatever goes wrong in one look."""
    while True:
        try:
            await look()
        except FonotecaError as error:
            log.warning("reconcile.interrupted", error=str(error))
        except Exception as error:
            # A defect in one look must not end all further ones.
            log.error("reconcile.failed", exc_info=error)
        await asyncio.sleep(every_seconds)


async def reconcile(catalog: Catalog, mirror: Mirror, grace_seconds: float) -> int:
    """One look. Returns how many objects were copied; one that fails is left for the next look.

    A defect over one is counted on its video, which rests in the end; the look goes on.
    """
    metrics.MIRROR_PENDING.set(await catalog.videos.count_documents(_UNMIRRORED))
    now = await catalog.now()
    before = now - timedelta(seconds=grace_seconds)
    copied, book = 0, DefectBook(catalog, None)
    # Also one whose moment is none: that is no reason to be left out.
    query = {**_UNMIRRORED, "audio.stored_at": {"$not": {"$gte": before}}, **not_resting(now)}
    async for video in catalog.videos.find(query):
        try:
            await mirror.mirror(video["_id"], look_first=True)
            copied += 1
        except CatalogUnavailable:
            raise
        except (Unavailable, TryLater) as error:
            log.warning("reconcile.failed", video_id=video["_id"], error=str(error))
        except Exception as error:
            await book.record_for_video(video, error)
    if copied:
        metrics.MIRROR_PENDING.set(await catalog.videos.count_documents(_UNMIRRORED))
        log.info("reconcile.copied", objects=copied)
    return copied
