"""Questions about the catalog: counts, pages of videos, attempts."""

from __future__ import annotations

from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import LogEntry, Playlist, Video, VideoState


class Progress(NamedTuple):
    """How far a set of videos is."""

    #: Videos by state; every state is there.
    counts: dict[str, int]
    stored_seconds: float
    stored_bytes: int
    mirrored: int


async def progress(catalog: Catalog, playlist_id: str | None = None) -> Progress:
    """Counts and sums over a playlist's videos, or over all."""
    match: dict[str, Any] = {} if playlist_id is None else {"playlists": playlist_id}
    group = {
        "_id": "$state",
        "videos": {"$sum": 1},
        "seconds": {"$sum": "$audio.duration_seconds"},
        "bytes": {"$sum": "$audio.size_bytes"},
        "mirrored": {"$sum": {"$cond": [{"$eq": [{"$ifNull": ["$mirror.sha256", ""]}, "$audio.sha256"]}, 1, 0]}},
    }
    counts = {state.value: 0 for state in VideoState}
    seconds, size, mirrored = 0.0, 0, 0
    rows: list[Any] = await (await catalog.videos.aggregate([{"$match": match}, {"$group": group}])).to_list()
    for row in rows:
        counts[row["_id"]] = row["videos"]
        seconds += row["seconds"]
        size += row["bytes"]
        mirrored += row["mirrored"] if row["_id"] == VideoState.STORED else 0
    return Progress(counts, seconds, size, mirrored)


async def video_page(
    catalog: Catalog,
    *,
    state: str | None = None,
    playlist_id: str | None = None,
    after: str | None = None,
    limit: int,
) -> list[Video]:
    """Up to `limit` videos in the order of their ids, those after the id `after`."""
    match: dict[str, Any] = {}
    if state is not None:
        match["state"] = state
    if playlist_id is not None:
        match["playlists"] = playlist_id
    if after is not None:
        match["_id"] = {"$gt": after}
    return await catalog.videos.find(match).sort("_id", 1).limit(limit).to_list()


async def playlist_page(catalog: Catalog, *, after: str | None = None, limit: int) -> list[Playlist]:
    """Up to `limit` playlists in the order of their ids, those after the id `after`."""
    match: dict[str, Any] = {"_id": {"$gt": after}} if after is not None else {}
    return await catalog.playlists.find(match).sort("_id", 1).limit(limit).to_list()


async def attempts_of(catalog: Catalog, video_id: str) -> list[LogEntry]:
    """All attempts of a video, the first one first."""
    return await catalog.logs.find({"video_id": video_id}).sort("token", 1).to_list()
