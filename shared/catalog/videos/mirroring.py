"""Finds stored videos without a verified copy in the mirror, and notes a video's copy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import MirrorCopy, Video, VideoState
from shared.catalog.videos.defects import not_resting

#: Stored videos without a verified copy, as a query. An index answers it.
UNMIRRORED: dict[str, Any] = {"state": VideoState.STORED, "mirror.sha256": None}


async def count_unmirrored(catalog: Catalog) -> int:
    """Count the stored videos that have no verified copy."""
    return await catalog.videos.count_documents(UNMIRRORED)


async def unmirrored_videos(catalog: Catalog, stored_before: datetime, now: datetime) -> AsyncIterator[Video]:
    """Yield the videos that were stored before a moment and have no copy, except those that rest after a defect."""
    # A document whose `stored_at` is no date is included: a wrong field is no reason to go without a copy.
    query = {**UNMIRRORED, "audio.stored_at": {"$not": {"$gte": stored_before}}, **not_resting(now)}
    async for video in catalog.videos.find(query):
        yield video


async def mark_mirrored(catalog: Catalog, video: Video, mirror: MirrorCopy) -> bool:
    """Note the verified copies of the objects that `video` has. Returns False if other objects replaced them."""
    as_seen = {"audio.sha256": mirror["sha256"], "audio.stored_at": video["audio"]["stored_at"]}
    result = await catalog.videos.update_one(
        {"_id": video["_id"], "state": VideoState.STORED, **as_seen},
        {"$set": {"mirror": mirror}, "$unset": {"defects": ""}},
    )
    return result.matched_count == 1
