"""Defects of our own code over one document: counted on it, and after some of them it rests until a person asks.

An unfinished video or playlist is given up with the reason `defect`. What is stored stays stored: it is only left alone
for growing pauses. Every change is a compare-and-set on what was seen, and needs no field of the document to be sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Defects, Playlist, PlaylistState, Video, VideoState
from shared.catalog.videos.transitions import reason_of
from shared.contracts import Failure
from shared.contracts.defect import DEFECT_LIMIT, REASON

#: Seconds for which no sweep takes up what our code fails over at each try: twice as long each time, up to a day.
FIRST_PAUSE, MAX_PAUSE = 3600, 86_400
#: What has come to its end, as far as a defect could tell.
_ENDED = {VideoState.STORED, VideoState.ABANDONED, PlaylistState.EXPANDED, PlaylistState.REFUSED}
#: Documents that rest because of defects although they are not given up for one: stored, or given up before.
RESTING = {
    "defects.again_at": {"$exists": True},
    "defects.number": {"$gte": DEFECT_LIMIT},
    "retry.failure.reason": {"$ne": REASON},
}


class Counted(NamedTuple):
    """What became of a document after a defect."""

    #: Defects in a row, this one included.
    number: int
    #: Whether it was given up for it now.
    given_up: bool


def not_resting(now: datetime) -> dict[str, Any]:
    """As part of a query: documents that do not rest because of a defect."""
    return {"$or": [{"defects.again_at": None}, {"defects.again_at": {"$lte": now}}]}


async def count_video_defect(catalog: Catalog, video: Video, failure: Failure, at_least: int = 1) -> Counted | None:
    """Count a defect on a video as it was seen. None: it changed meanwhile, so it is somebody else's again.

    `at_least`: defects that are known of otherwise, this one included.
    """
    return await _count(catalog.videos, video, failure, at_least, await catalog.now(), VideoState.ABANDONED)


async def count_playlist_defect(
    catalog: Catalog, playlist: Playlist, failure: Failure, at_least: int = 1
) -> Counted | None:
    """The same for a playlist."""
    return await _count(catalog.playlists, playlist, failure, at_least, await catalog.now(), PlaylistState.REFUSED)


async def _count(
    collection: Any, seen: Mapping[str, Any], failure: Failure, at_least: int, now: datetime, end: str
) -> Counted | None:
    before = _part(seen, "defects").get("number")
    number = max(at_least, (before if isinstance(before, int) else 0) + 1)
    pause = min(FIRST_PAUSE * 2 ** min(number - DEFECT_LIMIT, 10), MAX_PAUSE) if number >= DEFECT_LIMIT else 0
    reason = reason_of(failure)
    defects: Defects = {
        "number": number,
        "failure": reason,
        "at": now,
        "again_at": now + timedelta(seconds=pause),
    }
    change: dict[str, Any] = {"$set": {"defects": defects}}
    given_up = number >= DEFECT_LIMIT and seen.get("state") not in _ENDED
    if given_up:
        change["$set"] |= {"state": end, "state_since": now, "retry": _retry_of(seen, reason, number, now)}
        change["$unset"] = {"lease": "", "placeholder": ""}
    result = await collection.update_one(_as_seen(seen), change)
    return Counted(number, given_up) if result.matched_count == 1 else None


def _retry_of(seen: Mapping[str, Any], reason: object, number: int, now: datetime) -> dict[str, Any]:
    """What follows, written anew as a whole: what was there may be what our code failed over."""
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
    """Whoever moves a document on changes one of these; so does whoever counts another defect on it."""
    query: dict[str, Any] = {name: seen.get(name) for name in ("_id", "state", "state_since", "token") if name in seen}
    query["defects.number"] = _part(seen, "defects").get("number")
    if "lease" in seen:
        query["lease"] = seen["lease"]
    return query


async def forget_defects(catalog: Catalog, video: Video) -> bool:
    """Let sweeps take up a video again that rests for defects. False: it does not rest any more."""
    result = await catalog.videos.update_one(
        {"_id": video["_id"], "state": video["state"], "defects.number": {"$exists": True}}, {"$unset": {"defects": ""}}
    )
    return result.matched_count == 1


async def number_given_up(catalog: Catalog) -> dict[str, int]:
    """How many videos and playlists rest or were given up for defects, by kind."""
    reason: dict[str, Any] = {"retry.failure.reason": REASON}
    return {
        "video": await catalog.videos.count_documents({**reason, "state": VideoState.ABANDONED, "tombstone": None})
        + await catalog.videos.count_documents(RESTING),
        "playlist": await catalog.playlists.count_documents({**reason, "state": PlaylistState.REFUSED})
        + await catalog.playlists.count_documents(RESTING),
    }
