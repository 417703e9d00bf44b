"""Deleted videos: those to purge now, those that are purged, and the obstacles that keep the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredObstacle, Video
from shared.catalog.reading.batches import BATCH
from shared.catalog.videos.defects import not_resting

#: Seconds until a purge that left something is tried again; they double each time, up to a day. A lock can be removed
#: before its time, so no video waits longer.
FIRST_PAUSE, MAX_PAUSE = 300, 86_400
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
#: Deleted videos of which a store was seen to keep something, as a query.
KEPT = {"tombstone.at": {"$gt": _BEGINNING}, "tombstone.purged_at": None, "tombstone.kept.0": {"$exists": True}}


async def unpurged(catalog: Catalog, before: datetime, now: datetime) -> list[Video]:
    """Return deleted videos that the stores may still hold and that are due, the longest deleted first.

    `before`: only those deleted before this moment, so that no attempt can be running any more.
    """
    due = [{"tombstone.again_at": None}, {"tombstone.again_at": {"$lte": now}}]
    query = {"tombstone.at": {"$lt": before}, "tombstone.purged_at": None, "$or": due, "$and": [not_resting(now)]}
    return await catalog.videos.find(query).sort("tombstone.at", 1).limit(BATCH).to_list()


async def mark_purged(catalog: Catalog, video: Video) -> bool:
    """Note that no store holds a deleted video any more. Returns False if a copy was written since it was read."""
    done = {"$set": {"tombstone.purged_at": "$$NOW"}}
    forget = {"$unset": ["tombstone.kept", "tombstone.tries", "tombstone.again_at"]}
    return (await catalog.videos.update_one(_as_seen(video), [done, forget])).matched_count == 1


async def mark_kept(catalog: Catalog, video: Video, kept: Sequence[StoredObstacle], now: datetime) -> None:
    """Note that a store keeps some of a deleted video. It is due when all obstacles have ended, or after a pause."""
    tries = video["tombstone"].get("tries", 0) + 1
    again = now + timedelta(seconds=min(FIRST_PAUSE * 2 ** min(tries - 1, 10), MAX_PAUSE))
    ends = [found["until"] for found in kept]
    if ends and all(ends):
        again = min(again, max(end for end in ends if end is not None) + timedelta(seconds=1))
    change = {"tombstone.kept": list(kept), "tombstone.tries": tries, "tombstone.again_at": again}
    await catalog.videos.update_one(_as_seen(video), {"$set": change})


async def purge_now(catalog: Catalog, video_id: str) -> bool:
    """Make a deleted video due now, whatever kept it. Returns False if nothing is left to remove, or it is unknown."""
    due = {"$unset": {"tombstone.again_at": "", "tombstone.tries": ""}}
    found = await catalog.videos.update_one({"_id": video_id, **KEPT}, due)
    return found.matched_count == 1


async def purge_again(catalog: Catalog, video_id: str) -> None:
    """Make a deleted video due for another purge, since somebody wrote a copy of it. Other videos stay unchanged."""
    await catalog.videos.update_one(
        {"_id": video_id, "tombstone.at": {"$exists": True}},
        [{"$set": {"tombstone.purged_at": None, "tombstone.at": "$$NOW"}}, {"$unset": "tombstone.again_at"}],
    )


async def kept_by_reason(catalog: Catalog) -> dict[str, int]:
    """Return how many deleted videos are kept, by reason; a video that is kept for two reasons counts for both."""
    pipeline: list[dict[str, Any]] = [
        {"$match": KEPT},
        {"$unwind": "$tombstone.kept"},
        {"$group": {"_id": {"video": "$_id", "reason": "$tombstone.kept.reason"}}},
        {"$group": {"_id": "$_id.reason", "number": {"$sum": 1}}},
    ]
    rows: list[Any] = await (await catalog.videos.aggregate(pipeline)).to_list()
    return {row["_id"]: row["number"] for row in rows}


def _as_seen(video: Video) -> dict[str, object]:
    return {"_id": video["_id"], "tombstone.at": video["tombstone"]["at"], "tombstone.purged_at": None}
