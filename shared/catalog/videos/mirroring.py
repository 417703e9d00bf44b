"""Finds stored videos without verified copies in all targets of the mirror, and notes a video's copies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from shared.catalog.connection import Catalog
from shared.catalog.documents import Copied, MirrorCopy, Tombstone, Video, VideoState
from shared.catalog.videos.defects import not_resting

#: The target of copies that were noted by a version that knew no other one.
_FORMER = "azure"
#: What such a version noted, as an expression.
_FORMER_COPIES: dict[str, Any] = {
    "$cond": [
        {"$gt": ["$mirror.container", None]},
        [{"target": _FORMER, "container": "$mirror.container", "sha256": "$mirror.sha256"}],
        [],
    ]
}
#: The copies of a video, as an expression: see `copies_of`.
COPIES: dict[str, Any] = {"$ifNull": ["$copies", _FORMER_COPIES]}
#: What identifies a container among the copies.
_PLACE: tuple[Literal["target", "container"], ...] = ("target", "container")
#: Stored videos that lack a verified copy in a target, as a query. An index answers it.
UNMIRRORED: dict[str, Any] = {"state": VideoState.STORED, "mirror.sha256": None}


async def count_unmirrored(catalog: Catalog) -> int:
    """Count the stored videos that lack a verified copy in a target."""
    return await catalog.videos.count_documents(UNMIRRORED)


async def count_lacking(catalog: Catalog, target: str, container: str) -> int:
    """Count the stored videos that lack verified copies in one container. Reads all that lack one in any target."""
    wanted = {"target": target, "container": container, "sha256": "$audio.sha256"}
    return await catalog.videos.count_documents({**UNMIRRORED, "$expr": {"$not": [{"$in": [wanted, COPIES]}]}})


async def unmirrored_videos(catalog: Catalog, stored_before: datetime, now: datetime) -> AsyncIterator[Video]:
    """Yield the videos that were stored before a moment and lack a copy, except those that rest after a defect."""
    # A document whose `stored_at` is no date is included: a wrong field is no reason to go without a copy.
    query = {**UNMIRRORED, "audio.stored_at": {"$not": {"$gte": stored_before}}, **not_resting(now)}
    async for video in catalog.videos.find(query):
        yield video


def copies_of(video: Video) -> list[Copied]:
    """Return every container that has had verified copies of a video's objects, whatever they were then."""
    known, mirror = video.get("copies"), video.get("mirror")
    if known is not None or mirror is None:
        return known or []
    return [Copied(target=_FORMER, container=mirror["container"], sha256=mirror["sha256"])]


def present_copies(video: Video) -> dict[str, str]:
    """Return where verified copies of the objects are that a video has now: target → its container."""
    audio = video.get("audio")
    if audio is None:
        return {}
    return {each["target"]: each["container"] for each in copies_of(video) if each["sha256"] == audio["sha256"]}


def has_copies(video: Video, target: str, container: str) -> bool:
    """Return whether verified copies of the objects that a video has now are in a container."""
    return Copied(target=target, container=container, sha256=video["audio"]["sha256"]) in copies_of(video)


def copies_at_deletion(tombstone: Tombstone) -> list[Copied]:
    """Return every container that had copies of a deleted video."""
    known, container = tombstone.get("copies"), tombstone.get("container")
    if known is not None:
        return known
    return [Copied(target=_FORMER, container=container, sha256="")] if container is not None else []


async def mark_copied(
    catalog: Catalog, video: Video, places: Mapping[str, str], mirror: MirrorCopy | None = None
) -> bool:
    """Note verified copies of the objects that `video` has. Returns False if other objects replaced them.

    `places`: target → its container. `mirror`: what all targets have now; None: a target still lacks copies.
    """
    sha256 = video["audio"]["sha256"]
    if mirror is not None and mirror["sha256"] != sha256:
        return False
    new = [Copied(target=target, container=container, sha256=sha256) for target, container in places.items()]
    noted: dict[str, Any] = {"copies": _with(new)}
    stages: list[dict[str, Any]] = [{"$set": noted}]
    if mirror is not None:
        noted["mirror"] = {"$literal": mirror}
        stages.append({"$unset": ["defects", "reopened"]})
    result = await catalog.videos.update_one(
        {
            "_id": video["_id"],
            "state": VideoState.STORED,
            "audio.sha256": sha256,
            "audio.stored_at": video["audio"]["stored_at"],
        },
        stages,
    )
    return result.matched_count == 1


def _with(new: Sequence[Copied]) -> dict[str, Any]:
    """Return the copies with new ones, each in the place of what was noted of its container before."""
    # Another process may note a copy in another target at once.
    same = [{"$and": [{"$eq": [f"$$one.{name}", {"$literal": each[name]}]} for name in _PLACE]} for each in new]
    others = {"$filter": {"input": COPIES, "as": "one", "cond": {"$not": [{"$or": [False, *same]}]}}}
    return {"$concatArrays": [others, {"$literal": list(new)}]}


async def reopen(catalog: Catalog, places: Mapping[str, str]) -> int:
    """Note of the mirrored videos that lack copies in one of `places` that they are not mirrored.

    So they join the backlog when a target is added, or its container changes. `places`: target → its container.
    Returns how many. Reads all mirrored videos.
    """
    result = await catalog.videos.update_many(
        {
            "state": VideoState.STORED,
            "mirror.sha256": {"$ne": None},
            "$or": [_lacking(target, container) for target, container in places.items()],
        },
        [{"$set": {"copies": COPIES, "reopened": "$mirror.sha256"}}, {"$unset": "mirror"}],
    )
    return result.modified_count


def _lacking(target: str, container: str) -> dict[str, Any]:
    lacks: dict[str, Any] = {"copies": {"$not": {"$elemMatch": {"target": target, "container": container}}}}
    if target != _FORMER:
        return lacks
    return {"$or": [{**lacks, "copies.0": {"$exists": True}}, {"copies": None, "mirror.container": {"$ne": container}}]}
