"""Counts defects of our own code on the document concerned, which rests after DEFECT_LIMIT of them until a person acts.

An unfinished video or playlist is abandoned with the reason `defect`. A stored video stays stored: it only rests for
growing pauses. Every change is a compare-and-set on the document as it was read, and works on malformed documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Defects, Playlist, PlaylistState, Video, VideoState
from shared.catalog.videos.outcomes import stored_failure
from shared.contracts import Failure
from shared.contracts.defect import DEFECT_LIMIT
from shared.contracts.reasons import Reason

#: Seconds for which no sweep touches a document after a defect; they double, up to a day.
FIRST_PAUSE, MAX_PAUSE = 3600, 86_400
#: States that a defect does not change.
_ENDED = {VideoState.STORED, VideoState.ABANDONED, PlaylistState.EXPANDED, PlaylistState.REFUSED}
#: Documents that rest although they were not abandoned for a defect: stored, or abandoned before. As a query.
RESTING = {
    "defects.again_at": {"$exists": True},
    "defects.number": {"$gte": DEFECT_LIMIT},
    "retry.failure.reason": {"$ne": Reason.DEFECT},
}


class Counted(NamedTuple):
    """The result of counting a defect on a document."""

    #: Defects in a row, this one included.
    number: int
    #: Whether this defect ended it: abandoned, or refused.
    ended: bool


def not_resting(now: datetime) -> dict[str, Any]:
    """Return the part of a query that leaves out documents that rest because of a defect."""
    return {"$or": [{"defects.again_at": None}, {"defects.again_at": {"$lte": now}}]}


async def count_video_defect(catalog: Catalog, video: Video, failure: Failure, at_least: int = 1) -> Counted | None:
    """Count a defect on a video as it was read. Returns None if it has changed since.

    `at_least`: how many defects are known otherwise, this one included.
    """
    return await _count(catalog.videos, video, failure, at_least, await catalog.now(), VideoState.ABANDONED)


async def count_playlist_defect(
    catalog: Catalog, playlist: Playlist, failure: Failure, at_least: int = 1
) -> Counted | None:
    """Count a defect on a playlist as it was read. Returns None if it has changed since."""
    return await _count(catalog.playlists, playlist, failure, at_least, await catalog.now(), PlaylistState.REFUSED)


async def _count(
    collection: Any, seen: Mapping[str, Any], failure: Failure, at_least: int, now: datetime, end: str
) -> Counted | None:
    before = _part(seen, "defects").get("number")
    number = max(at_least, (before if isinstance(before, int) else 0) + 1)
    pause = min(FIRST_PAUSE * 2 ** min(number - DEFECT_LIMIT, 10), MAX_PAUSE) if number >= DEFECT_LIMIT else 0
    reason = stored_failure(failure)
    defects: Defects = {
        "number": number,
        "failure": reason,
        "at": now,
        "again_at": now + timedelta(seconds=pause),
    }
    change: dict[str, Any] = {"$set": {"defects": defects}}
    ended = number >= DEFECT_LIMIT and seen.get("state") not in _ENDED
    if ended:
        change["$set"] |= {"state": end, "state_since": now, "retry": _retry_of(seen, reason, number, now)}
        change["$unset"] = {"lease": "", "placeholder": ""}
    result = await collection.update_one(_as_seen(seen), change)
    return Counted(number, ended) if result.matched_count == 1 else None


def _retry_of(seen: Mapping[str, Any], reason: object, number: int, now: datetime) -> dict[str, Any]:
    """Return a complete `retry`: the one in the document may be what our code failed over."""
    known = _part(seen, "retry")
    charged, since = known.get("charged"), known.get("first_failed_at")
    return {
        "failure": reason,
        "due_at": now,
        "decided": True,
        "charged": charged if isinstance(charged, int) else 0,
        "in_a_row": number,
        "first_failed_at": since if isinstance(since, datetime) else now,
        "last_failed_at": now,
    }


def _part(seen: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = seen.get(name)
    return found if isinstance(found, dict) else {}


def _as_seen(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return a query for the document as read. Any change of state, and any other defect, makes it match nothing."""
    query: dict[str, Any] = {name: seen.get(name) for name in ("_id", "state", "state_since", "token") if name in seen}
    query["defects.number"] = _part(seen, "defects").get("number")
    if "lease" in seen:
        query["lease"] = seen["lease"]
    return query


async def forget_defects(catalog: Catalog, video: Video) -> bool:
    """End the rest of a video. Returns False if it does not rest any more."""
    result = await catalog.videos.update_one(
        {"_id": video["_id"], "state": video["state"], "defects.number": {"$exists": True}}, {"$unset": {"defects": ""}}
    )
    return result.matched_count == 1


async def count_ended(catalog: Catalog) -> dict[str, int]:
    """Return how many videos and playlists rest or were abandoned for defects, by kind."""
    reason: dict[str, Any] = {"retry.failure.reason": Reason.DEFECT}
    return {
        "video": await catalog.videos.count_documents({**reason, "state": VideoState.ABANDONED, "tombstone": None})
        + await catalog.videos.count_documents(RESTING),
        "playlist": await catalog.playlists.count_documents({**reason, "state": PlaylistState.REFUSED})
        + await catalog.playlists.count_documents(RESTING),
    }
