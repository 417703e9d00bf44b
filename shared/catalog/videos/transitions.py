"""Every change of a video's state: compare-and-set, with the fencing token of the attempt, by the server's clock.

queued, due waiting, expired running ──claim──▶ running ──finish──▶ stored
                                                 │  ▲ renew
                                                 ├──release──▶ queued        (uncharged)
                                                 └──fail──▶ waiting (undecided) ──schedule──▶ waiting (decided)
                                                                               └──abandon──▶ abandoned
The sweeper's and a person's changes are in `overdue` and `decisions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Audio, Beside, Lease, LogEntry, Metadata, Reason, Video, VideoState
from shared.catalog.search.terms import spelled, words_of
from shared.contracts import Failure

#: A message of the delay tree may arrive this much before the database's clock says so, and is not sent back for it.
EARLY_SECONDS = 2
#: As a licence: the source says nothing of one.
UNKNOWN_LICENCE = "unknown"
#: Until the retry service decides, a failed video is said to be due after this: a guess, for people to read.
UNDECIDED_SECONDS = 300


@dataclass(frozen=True)
class Claim:
    """A video claimed for one attempt."""

    video: Video
    token: int
    #: Its state before.
    was: str


class Stored(NamedTuple):
    """What an attempt has brought: what the source says, and the objects that now lie in the store."""

    metadata: Metadata
    audio: Audio
    further: Sequence[Audio] = ()
    beside: Sequence[Beside] = ()


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


def _held_by(video_id: str, token: int) -> dict[str, Any]:
    return {"_id": video_id, "state": VideoState.RUNNING, "token": token}


async def claim(catalog: Catalog, video_id: str, owner: str, lease_seconds: float) -> Claim | NotClaimed:
    """Claim a video that is queued, due, or whose lease ran out. Exactly one of many callers succeeds.

    A look, then a compare-and-set on what was seen: whoever came in between has changed the token or the lease.
    """
    seen = await _look(catalog, video_id)
    if seen is None:
        return NotClaimed("unknown")
    video, now = seen
    refusal = _not_claimable(video, now)
    if refusal is not None:
        return refusal
    unchanged: dict[str, Any] = {"_id": video_id, "state": video["state"], "token": video["token"]}
    desertions = video.get("desertions", 0)
    if "lease" in video:
        unchanged["lease.expires_at"] = video["lease"]["expires_at"]
        desertions += 1
    change = {
        "state": VideoState.RUNNING,
        "state_since": "$$NOW",
        "token": video["token"] + 1,
        "lease": {"owner": {"$literal": owner}, "expires_at": _plus(lease_seconds)},
        "desertions": desertions,
    }
    result = await catalog.videos.update_one(unchanged, [{"$set": change}, {"$unset": "placeholder"}])
    if result.matched_count == 0:
        return NotClaimed("running", video)
    lease: Lease = {"owner": owner, "expires_at": now + timedelta(seconds=lease_seconds)}
    claimed: Video = {
        **video,
        "state": VideoState.RUNNING,
        "token": video["token"] + 1,
        "lease": lease,
        "desertions": desertions,
    }
    return Claim(claimed, claimed["token"], video["state"])


async def _look(catalog: Catalog, video_id: str) -> tuple[Video, datetime] | None:
    """A video, and the server's time at that moment."""
    cursor = await catalog.videos.aggregate([{"$match": {"_id": video_id}}, {"$set": {"now": "$$NOW"}}])
    found: list[Any] = await cursor.to_list()
    if not found:
        return None
    now: datetime = found[0].pop("now")
    return found[0], now


def _not_claimable(video: Video, now: datetime) -> NotClaimed | None:
    """Why a video cannot be claimed at the server's time `now`; None if it can."""
    match video["state"]:
        case VideoState.STORED:
            return NotClaimed("stored", video)
        case VideoState.ABANDONED:
            return NotClaimed("abandoned", video)
        case VideoState.RUNNING:
            left = (video["lease"]["expires_at"] - now).total_seconds()
            return NotClaimed("running", video, left) if left > 0 else None
        case VideoState.WAITING if not video["retry"]["decided"]:
            return NotClaimed("undecided", video)
        case VideoState.WAITING:
            left = (video["retry"]["due_at"] - now).total_seconds()
            return NotClaimed("waiting", video, left) if left > EARLY_SECONDS else None
        case _:
            return None


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


async def finish(catalog: Catalog, video_id: str, token: int, stored: Stored, entry: LogEntry) -> Video | None:
    """All objects of the video are stored. None: the lease was lost, and the result is refused."""
    metadata = stored.metadata
    change = {
        "state": VideoState.STORED,
        "state_since": "$$NOW",
        "attempts": {"$add": ["$attempts", 1]},
        "title": {"$ifNull": [{"$literal": metadata.get("title")}, "$title"]},
        **_found_by(metadata.get("title"), metadata.get("channel")),
        "licence": {"$literal": metadata.get("licence") or UNKNOWN_LICENCE},
        "duration_seconds": {"$ifNull": [{"$literal": metadata.get("duration_seconds")}, "$duration_seconds"]},
        "metadata": {"$literal": metadata},
        "audio": {"$literal": stored.audio},
        "further": {"$literal": list(stored.further)},
        "beside": {"$literal": list(stored.beside)},
        "unannounced": {"$literal": entry},
    }
    return await catalog.change_video(
        _held_by(video_id, token),
        [{"$set": change}, {"$unset": ["lease", "retry", "mirror", "desertions", "suspicions", "defects"]}],
    )


async def fail(
    catalog: Catalog,
    video_id: str,
    token: int,
    failure: Failure,
    title: str | None,
    entry: LogEntry,
    *,
    desertions: int = 0,
) -> Video | None:
    """An attempt failed; the retry service will decide. None: the lease was lost, and the result is refused.

    `desertions`: how many to go on counting from.
    """
    same_reason = {"$eq": [{"$ifNull": ["$retry.failure.reason", ""]}, failure.reason]}
    change = {
        "state": VideoState.WAITING,
        "state_since": "$$NOW",
        "attempts": {"$add": ["$attempts", 1]},
        "title": {"$ifNull": [{"$literal": title}, "$title"]},
        **_found_by(title),
        "retry": {
            "failure": {"$literal": reason_of(failure)},
            "due_at": _plus(UNDECIDED_SECONDS),
            "decided": False,
            "charged": {"$ifNull": ["$retry.charged", 0]},
            "in_a_row": {"$cond": [same_reason, {"$add": [{"$ifNull": ["$retry.in_a_row", 0]}, 1]}, 1]},
            "first_failed_at": {"$ifNull": ["$retry.first_failed_at", "$$NOW"]},
            "last_failed_at": "$$NOW",
        },
        "unannounced": {"$literal": entry},
        "desertions": desertions,
    }
    return await catalog.change_video(_held_by(video_id, token), [{"$set": change}, {"$unset": ["lease", "defects"]}])


def reason_of(failure: Failure) -> Reason:
    """A failure as the catalog keeps it."""
    return {
        "failure_class": failure.failure_class.value,
        "reason": failure.reason,
        "detail": failure.detail,
        "retry_at": failure.retry_at,
        "media_sha256": failure.media_sha256,
    }


def _found_by(title: str | None, channel: str | None = None) -> dict[str, Any]:
    """The words under which a video is found from now on; without a title it is found as before."""
    if title is None:
        return {}
    words = words_of(title, channel)
    return {"words": {"$literal": words}, "spelled": {"$literal": spelled(words)}}


def _undecided(video_id: str, token: int) -> dict[str, Any]:
    return {"_id": video_id, "token": token, "state": VideoState.WAITING, "retry.decided": False}


async def schedule(catalog: Catalog, video_id: str, token: int, delay_seconds: float, charged: int) -> bool:
    """Decide that a failed video is tried again after `delay_seconds`. False: it was decided before."""
    result = await catalog.videos.update_one(
        _undecided(video_id, token),
        [
            {"$set": {"retry.due_at": _plus(delay_seconds), "retry.decided": True, "retry.charged": charged}},
            {"$unset": "defects"},
        ],
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
    result = await catalog.videos.update_one(_undecided(video_id, token), [{"$set": change}, {"$unset": "defects"}])
    return result.matched_count == 1
