"""Finds stored videos without verified copies in all targets of the mirror, and notes a video's copies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import MirrorCopy, Tombstone, Video, VideoState
from shared.catalog.videos.defects import not_resting

#: The target of copies that were noted by a version that knew no other one.
_FORMER = "azure"
#: The copies of a video, as an expression: see `copies_of`.
COPIES: dict[str, Any] = {"$ifNull": ["$copies", {_FORMER: "$mirror.container"}]}
#: Stored videos that lack a verified copy in a target, as a query. An index answers it.
UNMIRRORED: dict[str, Any] = {"state": VideoState.STORED, "mirror.sha256": None}


async def count_unmirrored(catalog: Catalog) -> int:
    """Count the stored videos that lack a verified copy in a target."""
    return await catalog.videos.count_documents(UNMIRRORED)


async def unmirrored_videos(catalog: Catalog, stored_before: datetime, now: datetime) -> AsyncIterator[Video]:
    """Yield the videos that were stored before a moment and lack a copy, except those that rest after a defect."""
    # A document whose `stored_at` is no date is included: a wrong field is no reason to go without a copy.
    query = {**UNMIRRORED, "audio.stored_at": {"$not": {"$gte": stored_before}}, **not_resting(now)}
    async for video in catalog.videos.find(query):
        yield video


def copies_of(video: Video) -> dict[str, str]:
    """Return where verified copies of a video's objects are: target → its container."""
    known = video.get("copies")
    if known is None:
        mirror = video.get("mirror")
        return {_FORMER: mirror["container"]} if mirror is not None else {}
    return known


def former_copies(tombstone: Tombstone) -> dict[str, str]:
    """Return where the copies of a deleted video were when it was deleted: target → its container."""
    known, container = tombstone.get("copies"), tombstone.get("container")
    return known if known is not None else {_FORMER: container} if container is not None else {}


async def mark_copied(catalog: Catalog, video: Video, copies: Mapping[str, str]) -> bool:
    """Note verified copies of the objects that `video` has, while a target still lacks them.

    `copies`: target → its container. Returns False if other objects replaced them.
    """
    return await _mark(catalog, video, video["audio"]["sha256"], {"$set": _fields(copies)})


async def mark_mirrored(catalog: Catalog, video: Video, mirror: MirrorCopy, copies: Mapping[str, str]) -> bool:
    """Note that all targets have verified copies of the objects that `video` has; otherwise as `mark_copied`."""
    change = {"$set": {"mirror": mirror, **_fields(copies)}, "$unset": {"defects": ""}}
    return await _mark(catalog, video, mirror["sha256"], change)


def _fields(copies: Mapping[str, str]) -> dict[str, Any]:
    # One by one: another process may note a copy in another target at once.
    return {f"copies.{target}": container for target, container in copies.items()}


async def _mark(catalog: Catalog, video: Video, sha256: str, change: dict[str, Any]) -> bool:
    as_seen = {"audio.sha256": sha256, "audio.stored_at": video["audio"]["stored_at"]}
    result = await catalog.videos.update_one({"_id": video["_id"], "state": VideoState.STORED, **as_seen}, change)
    return result.matched_count == 1


async def reopen(catalog: Catalog, targets: Sequence[str]) -> int:
    """Note of the mirrored videos that lack a copy in one of `targets` that they are not mirrored.

    So they join the backlog when a target is added. Returns how many. Reads all mirrored videos.
    """
    lacking = [_lacking(target) for target in targets]
    result = await catalog.videos.update_many(
        {"state": VideoState.STORED, "mirror.sha256": {"$ne": None}, "$or": lacking},
        [{"$set": {"copies": COPIES}}, {"$unset": "mirror"}],
    )
    return result.modified_count


def _lacking(target: str) -> dict[str, Any]:
    lacks: dict[str, Any] = {f"copies.{target}": None}
    return {**lacks, "copies": {"$ne": None}} if target == _FORMER else lacks
