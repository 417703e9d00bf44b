"""Why playlists are not listed, and what rests although it is stored: for the counts by reason, and for a retry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState, Video
from shared.catalog.reading.batches import BATCH
from shared.catalog.videos.defects import RESTING

_UNLISTED = {"$in": [PlaylistState.WAITING, PlaylistState.REFUSED]}


#: Stands for the moment of what has none.
NO_MOMENT_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class OtherCount(NamedTuple):
    """How many there are for one reason."""

    reason: str
    failure_class: str
    #: Videos that go on when somebody asks.
    open: int
    playlists: int
    oldest: datetime


async def reasons_of_playlists(catalog: Catalog, playlist_id: str | None = None) -> list[OtherCount]:
    """Playlists that wait or are refused, by reason; `playlist_id`: that one alone."""
    match: dict[str, Any] = {"state": _UNLISTED, "retry.failure.reason": {"$type": "string"}}
    if playlist_id is not None:
        match["_id"] = playlist_id
    rows = await _rows(catalog.playlists, match, "retry.failure", "retry.first_failed_at")
    return [OtherCount(reason, kind, 0, number, oldest) for reason, kind, number, oldest in rows]


async def reasons_of_resting(catalog: Catalog, playlist_id: str | None = None) -> list[OtherCount]:
    """Videos that rest because our own code fails over them, although nothing is to be fetched."""
    match: dict[str, Any] = {**RESTING, "defects.failure.reason": {"$type": "string"}}
    if playlist_id is not None:
        match["playlists"] = playlist_id
    rows = await _rows(catalog.videos, match, "defects.failure", "defects.at")
    return [OtherCount(reason, kind, number, 0, oldest) for reason, kind, number, oldest in rows]


async def _rows(
    collection: Any, match: dict[str, Any], failure: str, moment: str
) -> list[tuple[str, str, int, datetime]]:
    """Reason, class, number and the first moment of the documents that fit."""
    group = {
        "_id": {"reason": f"${failure}.reason", "kind": class_or_unknown(f"{failure}.failure_class")},
        "number": {"$sum": 1},
        "oldest": {"$min": moment_in(moment, "state_since")},
    }
    found: list[Any] = await (await collection.aggregate([{"$match": match}, {"$group": group}])).to_list()
    return [
        (row["_id"]["reason"], row["_id"]["kind"], row["number"], row["oldest"] or NO_MOMENT_KNOWN) for row in found
    ]


def class_or_unknown(field: str) -> dict[str, Any]:
    """The class of a failure, as an expression: what is not sorted by one is counted all the same."""
    return {"$cond": [{"$eq": [{"$type": f"${field}"}, "string"]}, f"${field}", "unknown"]}


def moment_in(*fields: str) -> Any:
    """The first of some fields that holds a moment, as an expression; null if none does."""
    found: Any = None
    for field in reversed(fields):
        found = {"$cond": [{"$eq": [{"$type": f"${field}"}, "date"]}, f"${field}", found]}
    return found


async def playlists_to_list_again(
    catalog: Catalog, reason: str, playlist_id: str | None, since: datetime | None
) -> list[Playlist]:
    """Some of the playlists that wait or are refused for a reason, and failed at or after a moment."""
    query: dict[str, Any] = {"state": _UNLISTED, "retry.failure.reason": reason}
    if playlist_id is not None:
        query["_id"] = playlist_id
    if since is not None:
        query["state_since"] = {"$gte": since}
    return await catalog.playlists.find(query).sort("_id", 1).limit(BATCH).to_list()


async def resting_videos(
    catalog: Catalog, *, video_id: str | None, reason: str | None, playlist_id: str | None, since: datetime | None
) -> list[Video]:
    """Some of the videos that rest for a defect although they are stored, or were given up before."""
    query: dict[str, Any] = dict(RESTING)
    if video_id is not None:
        query["_id"] = video_id
    if reason is not None:
        query["defects.failure.reason"] = reason
    if playlist_id is not None:
        query["playlists"] = playlist_id
    if since is not None:
        query["defects.at"] = {"$gte": since}
    return await catalog.videos.find(query).sort("_id", 1).limit(BATCH).to_list()
