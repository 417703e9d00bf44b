"""Claims on videos: compare-and-set, with a fencing token, by the server's clock.

queued, due waiting, running with an expired lease ──claim──▶ running ──release──▶ queued (uncharged)
                                                              running ──renew────▶ running

`outcomes` has the other changes of a running video.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.catalog.connection import Catalog
from shared.catalog.documents import Lease, Video, VideoState
from shared.catalog.reading.expressions import seconds_from_now

#: A message of the delay tree may arrive this much before the database's clock says so; it is not delayed again.
EARLY_SECONDS = 2


@dataclass(frozen=True)
class Claim:
    """A video claimed for one attempt."""

    video: Video
    token: int
    #: Its state before.
    was: str


@dataclass(frozen=True)
class NotClaimed:
    """Why a video could not be claimed."""

    why: Literal["unknown", "stored", "abandoned", "waiting", "undecided", "running"]
    video: Video | None = None
    #: For "waiting" and "running": seconds until it may be claimed.
    seconds: float = 0


def held_by(video_id: str, token: int) -> dict[str, Any]:
    """Return the query for a running video that the attempt with this token still holds."""
    return {"_id": video_id, "state": VideoState.RUNNING, "token": token}


async def claim(catalog: Catalog, video_id: str, owner: str, lease_seconds: float) -> Claim | NotClaimed:
    """Claim a video that is queued, due, or whose lease expired. Exactly one of many callers succeeds.

    Reads the video, then compares and sets what was read: whoever came in between has changed the token or the lease.
    """
    seen = await catalog.videos.find_one_with_time(video_id)
    if seen is None:
        return NotClaimed("unknown")
    video, now = seen
    refusal = _not_claimable(video, now)
    if refusal is not None:
        return refusal
    unchanged: dict[str, Any] = {"_id": video_id, "state": video["state"], "token": video["token"]}
    expired_leases = video.get("desertions", 0)
    if "lease" in video:
        unchanged["lease.expires_at"] = video["lease"]["expires_at"]
        expired_leases += 1
    change = {
        "state": VideoState.RUNNING,
        "state_since": "$$NOW",
        "token": video["token"] + 1,
        "lease": {"owner": {"$literal": owner}, "expires_at": seconds_from_now(lease_seconds)},
        "desertions": expired_leases,
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
        "desertions": expired_leases,
    }
    return Claim(claimed, claimed["token"], video["state"])


def _not_claimable(video: Video, now: datetime) -> NotClaimed | None:
    """Return why a video cannot be claimed at the server's time `now`; None if it can."""
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
    """Prolong a lease. Returns False if it is lost: then the attempt must stop."""
    change = {"$set": {"lease.expires_at": seconds_from_now(lease_seconds)}}
    return (await catalog.videos.update_one(held_by(video_id, token), [change])).matched_count == 1


async def release(catalog: Catalog, video_id: str, token: int) -> bool:
    """Give a claim back unused, as at a shutdown. The attempt is not counted. Returns False if the lease was lost."""
    result = await catalog.videos.update_one(
        held_by(video_id, token),
        [{"$set": {"state": VideoState.QUEUED, "state_since": "$$NOW"}}, {"$unset": "lease"}],
    )
    return result.matched_count == 1
