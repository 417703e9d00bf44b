"""Finds overdue videos and playlists for the sweeper.

Each function finds what has been overdue since before a moment `before`, by the server's clock, and yields batches.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from shared.catalog.collection import Collection
from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState, Video, VideoState
from shared.catalog.reading.batches import BATCH, video_batches
from shared.catalog.videos.defects import not_resting

#: As conditions: a field that should hold a moment holds something else, or nothing. An index serves both.
_NO_MOMENT = {"$type": ["number", "string", "bool", "object", "array"]}
_NOTHING = None


def _not_since(moment: datetime) -> dict[str, Any]:
    """Return the condition for a moment that is earlier, or is none."""
    return {"$not": {"$gte": moment}}


def _batches(catalog: Catalog, before: datetime, query: dict[str, Any]) -> AsyncIterator[list[Video]]:
    """Yield the videos that match a query, except those that rest because of a defect."""
    return video_batches(catalog, {**query, **not_resting(before)})


def due_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Yield waiting videos whose time has come: their delayed message is lost, or there was none."""
    query = {"state": VideoState.WAITING, "retry.decided": True, "retry.due_at": {"$lt": before}}
    return _batches(catalog, before, query)


def videos_with_expired_lease(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Yield running videos whose lease expired."""
    return _batches(catalog, before, {"state": VideoState.RUNNING, "lease.expires_at": {"$lt": before}})


def unannounced_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Yield videos whose attempt ended, but whose event the broker never confirmed."""
    return _batches(catalog, before, {"unannounced.timestamp": {"$lt": before}})


def undecided_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Yield failed videos without a decision. Their events are lost only if the retry service's queue is empty."""
    query = {"state": VideoState.WAITING, "retry.decided": False, "retry.last_failed_at": {"$lt": before}}
    return _batches(catalog, before, query)


def unrequested_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Yield videos that were accepted or requeued, but whose request the broker never confirmed."""
    query = {"state": VideoState.QUEUED, "requested_at": None, "state_since": _not_since(before)}
    return _batches(catalog, before, query)


def unheard_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Yield queued videos that were requested long ago. Their requests are lost only if the queues are empty."""
    query = {"state": VideoState.QUEUED, "requested_at": {"$lt": before}, "state_since": _not_since(before)}
    return _batches(catalog, before, query)


def malformed_videos(catalog: Catalog, before: datetime) -> AsyncIterator[list[Video]]:
    """Yield videos that no other function finds, because the field for the moment they wait for holds no moment."""
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
    """Return, by kind, the seconds for which the most overdue item has been overdue; 0 if none is."""
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
    """Return the earliest moment in the field `outer.inner` of the documents that match; None if there is none."""
    outer, inner = field.split(".")
    moments = {**query, field: {"$type": "date"}}
    found = await collection.find(moments, {field: 1}).sort(field, 1).limit(1).to_list()
    part = found[0].get(outer) if found else None
    moment = part.get(inner) if isinstance(part, dict) else None
    return moment if isinstance(moment, datetime) else None


async def overdue_playlists(catalog: Catalog, before: datetime, *, queue_is_empty: bool) -> list[Playlist]:
    """Return up to BATCH playlists that are due, whose lease expired, or whose submission is lost.

    `queue_is_empty`: a submission is lost only if nothing is queued.
    """
    cases: list[dict[str, Any]] = [
        {"state": PlaylistState.WAITING, "retry.due_at": {"$lt": before}},
        {"state": PlaylistState.EXPANDING, "lease.expires_at": {"$lt": before}},
        *({"state": PlaylistState.WAITING, "retry.due_at": none} for none in (_NO_MOMENT, _NOTHING)),
        *({"state": PlaylistState.EXPANDING, "lease.expires_at": none} for none in (_NO_MOMENT, _NOTHING)),
        {"state": PlaylistState.EXPANDING, "lease": {"$not": {"$type": "object"}}},
    ]
    if queue_is_empty:
        # A playlist that was submitted again while a scraper lists it is listed again by that scraper.
        unclaimed: list[dict[str, Any]] = [
            {"lease": {"$not": {"$type": "object"}}},
            {"lease.expires_at": {"$lt": before}},
        ]
        cases.append({"state": PlaylistState.ACCEPTED, "state_since": _not_since(before), "$or": unclaimed})
    query = {"$or": cases, "$and": [not_resting(before)]}
    return await catalog.playlists.find(query).limit(BATCH).to_list()
