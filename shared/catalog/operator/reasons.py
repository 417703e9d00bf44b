"""Counts by reason: videos that are not stored, playlists that are not listed, and stored videos that rest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import VideoState
from shared.catalog.operator.selection import UNLISTED
from shared.catalog.reading.expressions import class_or_unknown, first_moment
from shared.catalog.videos.defects import RESTING

#: Stands for the moment of documents that have none.
_NO_MOMENT_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)


class ReasonCount(NamedTuple):
    """How many videos and playlists are affected by one reason."""

    reason: str
    failure_class: str
    #: Videos that wait or are queued again or rest, and those abandoned.
    open: int
    abandoned: int
    oldest: datetime
    #: When the next of the waiting videos is due; None if none waits.
    next_due: datetime | None
    #: Playlists that wait or are refused.
    playlists: int = 0


async def reasons(catalog: Catalog, playlist_id: str | None = None) -> list[ReasonCount]:
    """Return counts by reason, the most frequent first. `playlist_id`: of that playlist and its videos only."""
    merged = {(count.reason, count.failure_class): count for count in await _of_videos(catalog, playlist_id)}
    others = await _of_playlists(catalog, playlist_id) + await _of_resting(catalog, playlist_id)
    for other in others:
        key = other.reason, other.failure_class
        known = merged.get(key)
        if known is None:
            merged[key] = other
            continue
        merged[key] = known._replace(
            open=known.open + other.open,
            playlists=known.playlists + other.playlists,
            oldest=min(known.oldest, other.oldest),
        )
    return sorted(merged.values(), key=lambda c: (-(c.open + c.abandoned + c.playlists), c.reason))


async def _of_videos(catalog: Catalog, playlist_id: str | None) -> list[ReasonCount]:
    # A video that a person deleted is no problem any more.
    match: dict[str, Any] = {"retry.failure.reason": {"$type": "string"}, "tombstone": None}
    if playlist_id is not None:
        match["playlists"] = playlist_id
    waiting = {"$and": [{"$eq": ["$state", VideoState.WAITING]}, {"$eq": [{"$type": "$retry.due_at"}, "date"]}]}
    abandoned = {"$eq": ["$state", VideoState.ABANDONED]}
    group = {
        "_id": {"reason": "$retry.failure.reason", "failure_class": class_or_unknown("retry.failure.failure_class")},
        "open": {"$sum": {"$cond": [abandoned, 0, 1]}},
        "abandoned": {"$sum": {"$cond": [abandoned, 1, 0]}},
        "oldest": {"$min": first_moment("retry.first_failed_at", "state_since")},
        "next_due": {"$min": {"$cond": [waiting, "$retry.due_at", None]}},
    }
    rows: list[Any] = await (await catalog.videos.aggregate([{"$match": match}, {"$group": group}])).to_list()
    return [
        ReasonCount(
            row["_id"]["reason"],
            row["_id"]["failure_class"],
            row["open"],
            row["abandoned"],
            row["oldest"] or _NO_MOMENT_KNOWN,
            row["next_due"],
        )
        for row in rows
    ]


async def _of_playlists(catalog: Catalog, playlist_id: str | None) -> list[ReasonCount]:
    """Count the playlists that wait or are refused."""
    match: dict[str, Any] = {"state": UNLISTED, "retry.failure.reason": {"$type": "string"}}
    if playlist_id is not None:
        match["_id"] = playlist_id
    rows = await _rows(catalog.playlists, match, "retry.failure", "retry.first_failed_at")
    return [ReasonCount(reason, kind, 0, 0, oldest, None, number) for reason, kind, number, oldest in rows]


async def _of_resting(catalog: Catalog, playlist_id: str | None) -> list[ReasonCount]:
    """Count the videos that rest because our own code fails over them, although nothing is to be fetched."""
    match: dict[str, Any] = {**RESTING, "defects.failure.reason": {"$type": "string"}}
    if playlist_id is not None:
        match["playlists"] = playlist_id
    rows = await _rows(catalog.videos, match, "defects.failure", "defects.at")
    return [ReasonCount(reason, kind, number, 0, oldest, None) for reason, kind, number, oldest in rows]


async def _rows(
    collection: Any, match: dict[str, Any], failure: str, moment: str
) -> list[tuple[str, str, int, datetime]]:
    """Return reason, class, number and first moment of the documents that match."""
    group = {
        "_id": {"reason": f"${failure}.reason", "kind": class_or_unknown(f"{failure}.failure_class")},
        "number": {"$sum": 1},
        "oldest": {"$min": first_moment(moment, "state_since")},
    }
    found: list[Any] = await (await collection.aggregate([{"$match": match}, {"$group": group}])).to_list()
    return [
        (row["_id"]["reason"], row["_id"]["kind"], row["number"], row["oldest"] or _NO_MOMENT_KNOWN) for row in found
    ]
