"""Every change of a video's state: compare-and-set, with the fencing token of the attempt, by the server's clock.

queued, due waiting, expired running ──claim──▶ running ──finish──▶ stored
                                                 │  ▲ renew
                                                 ├──release──▶ queued        (uncharged)
                                                 └──fail──▶ waiting (undecided) ──schedule──▶ waiting (decided)
                                                                               └──abandon──▶ abandoned
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pymongo import ReturnDocument

from shared.catalog.connection import Catalog
from shared.catalog.documents import Audio, Metadata, Mirror, Reason, Video, VideoState
from shared.contracts import Failure

#: A message of the delay tree may arrive this much before the database's clock says so, and is not sent back for it.
EARLY_SECONDS = 2
#: Until the retry service decides, a failed video is due again after this; the sweeper looks at it then.
UNDECIDED_SECONDS = 300


@dataclass(frozen=True)
class Claim:
    """A video claimed for one attempt."""

    video: Video
    token: int


@dataclass(frozen=True)
class NotClaimed:
    """Why a video could not be claimed."""

    why: Literal["unknown", "stored", "abandoned", "waiting", "undecided", "running"]
    video: Video | None = None
    #: For "waiting" and "running": seconds until it may be claimed.
    seconds: float = 0


def _plus(seconds: float) -> dict[str, Any]:
    """The server's time `seconds` from now, as an aggregation expression."""
    return {"$add": ["$$NOW", round(seconds * 1000)]}


def _reached(field: str, early_seconds: float = 0) -> dict[str, Any]:
    """Whether the server's clock has reached the moment in `field`, or will within `early_seconds`.

    Compared as milliseconds: SecantusDB 0.7 takes any stored date and $$NOW for equal.
    """
    return {"$lte": [{"$toLong": field}, {"$add": [{"$toLong": "$$NOW"}, round(early_seconds * 1000)]}]}


def _held_by(video_id: str, token: int) -> dict[str, Any]:
    return {"_id": video_id, "state": VideoState.RUNNING, "token": token}


async def claim(catalog: Catalog, video_id: str, owner: str, lease_seconds: float) -> Claim | NotClaimed:
    """Claim a video that is queued, due, or whose lease ran out. Exactly one of many callers succeeds."""
    claimable = {
        "_id": video_id,
        "$or": [
            {"state": VideoState.QUEUED},
            {
                "state": VideoState.WAITING,
                "retry.decided": True,
                "$expr": _reached("$retry.due_at", EARLY_SECONDS),
            },
            {"state": VideoState.RUNNING, "$expr": _reached("$lease.expires_at")},
        ],
    }
    change = {
        "state": VideoState.RUNNING,
        "state_since": "$$NOW",
        "token": {"$add": ["$token", 1]},
        "lease": {"owner": owner, "expires_at": _plus(lease_seconds)},
    }
    video = await catalog.videos.find_one_and_update(
        claimable, [{"$set": change}], return_document=ReturnDocument.AFTER
    )
    if video is not None:
        return Claim(video, video["token"])
    return await _why_not(catalog, video_id)


async def _why_not(catalog: Catalog, video_id: str) -> NotClaimed:
    found = await catalog.videos.aggregate([{"$match": {"_id": video_id}}, {"$set": {"now": "$$NOW"}}])
    documents = await found.to_list()
    if not documents:
        return NotClaimed("unknown")
    video: Any = documents[0]
    now: datetime = video.pop("now")
    match video["state"]:
        case VideoState.STORED:
            return NotClaimed("stored", video)
        case VideoState.ABANDONED:
            return NotClaimed("abandoned", video)
        case VideoState.RUNNING:
            return NotClaimed("running", video, max(0.0, (video["lease"]["expires_at"] - now).total_seconds()))
        case VideoState.WAITING if not video["retry"]["decided"]:
            return NotClaimed("undecided", video)
        case VideoState.WAITING:
            return NotClaimed("waiting", video, max(0.0, (video["retry"]["due_at"] - now).total_seconds()))
        case _:
            # It was claimable a moment ago or is again now: somebody else came and went between our two looks.
            return NotClaimed("running", video)


async def renew(catalog: Catalog, video_id: str, token: int, lease_seconds: float) -> bool:
    """Prolong a lease. False: it is lost, and the attempt must stop."""
    result = await catalog.videos.update_one(
        _held_by(video_id, token), [{"$set": {"lease.expires_at": _plus(lease_seconds)}}]
    )
    return result.matched_count == 1


async def release(catalog: Catalog, video_id: str, token: int) -> bool:
    """Give a claim back unused, as at a shutdown. The attempt is not counted."""
    result = await catalog.videos.update_one(
        _held_by(video_id, token),
        [{"$set": {"state": VideoState.QUEUED, "state_since": "$$NOW"}}, {"$unset": "lease"}],
    )
    return result.matched_count == 1


async def finish(catalog: Catalog, video_id: str, token: int, metadata: Metadata, audio: Audio) -> bool:
    """The audio object is stored. False: the lease was lost, and the result is refused."""
    change = {
        "state": VideoState.STORED,
        "state_since": "$$NOW",
        "attempts": {"$add": ["$attempts", 1]},
        "title": {"$literal": metadata.get("title")},
        "metadata": {"$literal": metadata},
        "audio": {"$literal": audio},
    }
    result = await catalog.videos.update_one(
        _held_by(video_id, token), [{"$set": change}, {"$unset": ["lease", "retry"]}]
    )
    return result.matched_count == 1


async def fail(catalog: Catalog, video_id: str, token: int, failure: Failure, title: str | None) -> Video | None:
    """An attempt failed; the retry service will decide. None: the lease was lost, and the result is refused."""
    same_reason = {"$eq": [{"$ifNull": ["$retry.failure.reason", ""]}, failure.reason]}
    change = {
        "state": VideoState.WAITING,
        "state_since": "$$NOW",
        "attempts": {"$add": ["$attempts", 1]},
        "title": {"$ifNull": [{"$literal": title}, "$title"]},
        "retry": {
            "failure": {"$literal": reason_of(failure)},
            "due_at": _plus(UNDECIDED_SECONDS),
            "decided": False,
            "charged": {"$ifNull": ["$retry.charged", 0]},
            "in_a_row": {"$cond": [same_reason, {"$add": [{"$ifNull": ["$retry.in_a_row", 0]}, 1]}, 1]},
            "first_failed_at": {"$ifNull": ["$retry.first_failed_at", "$$NOW"]},
            "last_failed_at": "$$NOW",
        },
    }
    return await catalog.videos.find_one_and_update(
        _held_by(video_id, token), [{"$set": change}, {"$unset": "lease"}], return_document=ReturnDocument.AFTER
    )


def reason_of(failure: Failure) -> Reason:
    """A failure as the catalog keeps it."""
    return {
        "failure_class": failure.failure_class.value,
        "reason": failure.reason,
        "detail": failure.detail,
        "retry_at": failure.retry_at,
    }


def _undecided(video_id: str, token: int) -> dict[str, Any]:
    return {"_id": video_id, "token": token, "state": VideoState.WAITING, "retry.decided": False}


async def schedule(catalog: Catalog, video_id: str, token: int, delay_seconds: float, charged: int) -> bool:
    """Decide that a failed video is tried again after `delay_seconds`. False: it was decided before."""
    result = await catalog.videos.update_one(
        _undecided(video_id, token),
        [{"$set": {"retry.due_at": _plus(delay_seconds), "retry.decided": True, "retry.charged": charged}}],
    )
    return result.matched_count == 1


async def abandon(catalog: Catalog, video_id: str, token: int, charged: int) -> bool:
    """Decide that a failed video is given up. False: it was decided before."""
    change = {
        "state": VideoState.ABANDONED,
        "state_since": "$$NOW",
        "retry.decided": True,
        "retry.charged": charged,
    }
    result = await catalog.videos.update_one(_undecided(video_id, token), [{"$set": change}])
    return result.matched_count == 1


async def mark_mirrored(catalog: Catalog, video_id: str, mirror: Mirror) -> bool:
    """Note the verified copy of the object that is stored now. False: another object has taken its place."""
    result = await catalog.videos.update_one(
        {"_id": video_id, "state": VideoState.STORED, "audio.sha256": mirror["sha256"]}, {"$set": {"mirror": mirror}}
    )
    return result.matched_count == 1
