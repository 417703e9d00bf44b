"""What should have moved on and did not: the sweeper's questions, and the changes that take each answer up.

A question looks for what is older than a moment `before`, by the server's clock, and yields batches. Every answer is
taken up by a compare-and-set, so that of several sweepers one publishes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from shared.catalog.collection import Collection
from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState, Video, VideoState
from shared.catalog.reading.batches import BATCH, video_batches
from shared.catalog.videos.defects import not_resting
from shared.errors import AlreadyThere

#: What a field holds that should hold a moment: something else, or nothing. Both are found by an index.
_NO_MOMENT = {"$type": ["number", "string", "bool", "object", "array"]}
_NOTHING = None


def _not_since(moment: datetime) -> dict[str, Any]:
    """As a condition: longer ago, or nobody knows when."""
    return {"$not": {"$gte": moment}}


async def acquire_lock(catalog: Catalog, what: str, owner: str, seconds: float) -> bool:
    """Whether `owner` may do `what` for the next `seconds`; of several owners one may."""
    now = await catalog.now()
    until = now + timedelta(seconds=seconds)
    turn = await catalog.turns.find_one({"_id": what})
    if turn is None:
        try:
            await catalog.turns.insert_one({"_id": what, "owner": owner, "until": until})
        except AlreadyThere:
            return False
        return True
    if turn["owner"] != owner and turn["until"] > now:
        return False
    result = await catalog.turns.update_one(
        {"_id": what, "owner": turn["owner"], "until": turn["until"]}, {"$set": {"owner": owner, "until": until}}
    )
    return result.matched_count == 1


def _batches(catalog: Catalog, before: datetime, query: dict[str, Any]) -> AsyncIterator[list[Video]]:
    """The videos that fit a query, but for those that rest because of a defect of ours."""
    return video_batches(catalog, {**query, **not_resting(before)})


def due_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Waiting videos whose time came: the message that was to wake them is lost, or there was none."""
    query = {"state": VideoState.WAITING, "retry.decided": True, "retry.due_at": {"$lt": before}}
    return _batches(catalog, before, query)


def deserted_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Running videos whose lease ran out."""
    return _batches(catalog, before, {"state": VideoState.RUNNING, "lease.expires_at": {"$lt": before}})


def unannounced_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Videos whose attempt ended, but whose event the broker never confirmed."""
    return _batches(catalog, before, {"unannounced.timestamp": {"$lt": before}})


def undecided_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Failed videos that the retry service did not decide on. Ask only while its queue is empty: then they are lost."""
    query = {"state": VideoState.WAITING, "retry.decided": False, "retry.last_failed_at": {"$lt": before}}
    return _batches(catalog, before, query)


def unrequested_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Videos that were accepted, or taken up again, but whose request the broker never confirmed."""
    query = {"state": VideoState.QUEUED, "requested_at": None, "state_since": _not_since(before)}
    return _batches(catalog, before, query)


def unheard_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Queued videos that were requested long ago. Ask only while the queue of requests is empty: then they are lost."""
    query = {"state": VideoState.QUEUED, "requested_at": {"$lt": before}, "state_since": _not_since(before)}
    return _batches(catalog, before, query)


def malformed_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Videos that no other question finds, because the moment that they wait for is none."""
    cases = [
        *({"state": VideoState.WAITING, "retry.due_at": none} for none in (_NO_MOMENT, _NOTHING)),
        *(
            {"state": VideoState.WAITING, "retry.decided": False, "retry.last_failed_at": none}
            for none in (_NO_MOMENT, _NOTHING)
        ),
        {"state": VideoState.WAITING, "retry.decided": {"$nin": [True, False]}},
        {"state": VideoState.WAITING, "retry": {"$not": {"$type": "object"}}},
        *({"state": VideoState.RUNNING, "lease.expires_at": none} for none in (_NO_MOMENT, _NOTHING)),
        {"state": VideoState.RUNNING, "lease": {"$not": {"$type": "object"}}},
        {"state": VideoState.QUEUED, "requested_at": _NO_MOMENT},
        {"unannounced.timestamp": _NO_MOMENT},
    ]
    return video_batches(catalog, {"$or": cases, "$and": [not_resting(before)]})


async def longest_overdue(catalog: Catalog) -> dict[str, float]:
    """Seconds that the most overdue item of each kind has been so; 0 if none is."""
    now, videos = await catalog.now(), catalog.videos
    since = {
        "due": await _earliest(videos, {"state": VideoState.WAITING, "retry.decided": True}, "retry.due_at"),
        "deserted": await _earliest(videos, {"state": VideoState.RUNNING}, "lease.expires_at"),
        "unannounced": await _earliest(videos, {"unannounced.timestamp": {"$exists": True}}, "unannounced.timestamp"),
        "playlist": await _earliest(catalog.playlists, {"state": PlaylistState.WAITING}, "retry.due_at"),
    }
    return {
        kind: max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0 for kind, moment in since.items()
    }


async def _earliest(collection: Collection[Any], query: dict[str, Any], field: str) -> datetime | None:
    """The earliest moment in a field, two names deep, of the documents that fit."""
    outer, inner = field.split(".")
    moments = {**query, field: {"$type": "date"}}
    found = await collection.find(moments, {field: 1}).sort(field, 1).limit(1).to_list()
    part = found[0].get(outer) if found else None
    moment = part.get(inner) if isinstance(part, dict) else None
    return moment if isinstance(moment, datetime) else None


async def take_up(catalog: Catalog, video: Video) -> Video | None:
    """Queue a due or deserted video again, uncharged. None: somebody else did something with it meanwhile."""
    seen: dict[str, Any] = {"_id": video["_id"], "state": video["state"], "token": video["token"]}
    change: dict[str, Any] = {"state": VideoState.QUEUED, "state_since": "$$NOW"}
    if "lease" in video:
        seen["lease.expires_at"] = video["lease"]["expires_at"]
        change["desertions"] = video.get("desertions", 0) + 1
    return await catalog.change_video(seen, [{"$set": change}, {"$unset": ["lease", "requested_at"]}])


async def overdue_playlists(catalog: Catalog, before: datetime, *, queue_is_empty: bool) -> list[Playlist]:
    """Playlists whose next step did not come: due again, deserted while listed, or, if nothing is queued, unheard."""
    cases: list[dict[str, Any]] = [
        {"state": PlaylistState.WAITING, "retry.due_at": {"$lt": before}},
        {"state": PlaylistState.EXPANDING, "lease.expires_at": {"$lt": before}},
        *({"state": PlaylistState.WAITING, "retry.due_at": none} for none in (_NO_MOMENT, _NOTHING)),
        *({"state": PlaylistState.EXPANDING, "lease.expires_at": none} for none in (_NO_MOMENT, _NOTHING)),
        {"state": PlaylistState.EXPANDING, "lease": {"$not": {"$type": "object"}}},
    ]
    if queue_is_empty:
        # One that was submitted again while it is being listed is in good hands.
        unclaimed: list[dict[str, Any]] = [
            {"lease": {"$not": {"$type": "object"}}},
            {"lease.expires_at": {"$lt": before}},
        ]
        cases.append({"state": PlaylistState.ACCEPTED, "state_since": _not_since(before), "$or": unclaimed})
    query = {"$or": cases, "$and": [not_resting(before)]}
    return await catalog.playlists.find(query).limit(BATCH).to_list()


async def take_up_playlist(catalog: Catalog, playlist: Playlist) -> bool:
    """Note that a playlist is to be listed again. False: something happened to it meanwhile."""
    change: dict[str, Any] = {"state": PlaylistState.ACCEPTED, "state_since": "$$NOW"}
    if playlist["state"] == PlaylistState.EXPANDING:
        change["desertions"] = playlist.get("desertions", 0) + 1
    result = await catalog.playlists.update_one(
        {"_id": playlist["_id"], "state": playlist["state"], "state_since": playlist["state_since"]},
        [{"$set": change}, {"$unset": "lease"}],
    )
    return result.matched_count == 1
