"""The progress of the archive and its playlists; pages of playlists and attempts; the submitters whose work waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import LogEntry, Playlist, PlaylistState, Submitter, Video, VideoState
from shared.catalog.reading.bounded import WITHOUT_DESCRIPTION, Page
from shared.catalog.reading.ordered import Order, Position, ordered_page

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Progress(NamedTuple):
    """The progress of a set of videos: counts and sums."""

    #: Videos by state; every state is present.
    counts: dict[str, int]
    #: Playing time of all videos, as far as their sources say it.
    found_seconds: float
    stored_seconds: float
    stored_bytes: int
    #: Videos with a verified copy in the mirror, and seconds of their audio.
    mirrored: int
    mirrored_seconds: float


_STORED = {"$eq": ["$state", VideoState.STORED]}
_MIRRORED = {"$and": [_STORED, {"$eq": [{"$ifNull": ["$mirror.sha256", ""]}, "$audio.sha256"]}]}
_SUMS: dict[str, Any] = {
    "videos": {"$sum": 1},
    "found_seconds": {"$sum": {"$ifNull": ["$audio.duration_seconds", "$duration_seconds"]}},
    "stored_seconds": {"$sum": "$audio.duration_seconds"},
    "bytes": {"$sum": "$audio.size_bytes"},
    "mirrored": {"$sum": {"$cond": [_MIRRORED, 1, 0]}},
    "mirrored_seconds": {"$sum": {"$cond": [_MIRRORED, "$audio.duration_seconds", 0]}},
}


async def progress(catalog: Catalog, playlist_id: str | None = None) -> Progress:
    """Return the progress of a playlist's videos. `playlist_id`: None for all videos."""
    match: dict[str, Any] = {} if playlist_id is None else {"playlists": playlist_id}
    group = {"_id": {"state": "$state"}, **_SUMS}
    return _summed(await (await catalog.videos.aggregate([{"$match": match}, {"$group": group}])).to_list())


async def progress_of_playlists(catalog: Catalog, playlist_ids: Sequence[str]) -> dict[str, Progress]:
    """Return the progress of several playlists, by one query."""
    match = {"$match": {"playlists": {"$in": list(playlist_ids)}}}
    group = {"$group": {"_id": {"playlist": "$playlists", "state": "$state"}, **_SUMS}}
    # A video of several playlists counts in each of them.
    rows: list[Any] = await (await catalog.videos.aggregate([match, {"$unwind": "$playlists"}, match, group])).to_list()
    return {id_: _summed([row for row in rows if row["_id"]["playlist"] == id_]) for id_ in playlist_ids}


def _summed(rows: Sequence[Any]) -> Progress:
    counts = {state.value: 0 for state in VideoState}
    for row in rows:
        # The audit reports documents without a state.
        state = row["_id"].get("state")
        if isinstance(state, str):
            counts[state] = row["videos"]
    return Progress(
        counts,
        found_seconds=sum(row["found_seconds"] for row in rows),
        stored_seconds=sum(row["stored_seconds"] for row in rows),
        stored_bytes=sum(row["bytes"] for row in rows),
        mirrored=sum(row["mirrored"] for row in rows),
        mirrored_seconds=sum(row["mirrored_seconds"] for row in rows),
    )


#: Playlists, the newest submission first; attempts of a video, the first one first.
BY_SUBMISSION = Order("submitted_at", "date", -1)
BY_TOKEN = Order("token", "number", 1)


async def playlist_page(catalog: Catalog, *, state: str | None, after: Position | None, limit: int) -> Page[Playlist]:
    """Return up to `limit` playlists, the newest submission first. `after`: the last position of the previous page."""
    match: dict[str, Any] = {} if state is None else {"state": state}
    return await ordered_page(catalog.playlists, match, BY_SUBMISSION, after, limit)


async def attempts_page(catalog: Catalog, video_id: str, *, after: Position | None, limit: int) -> Page[LogEntry]:
    """Return up to `limit` attempts of a video, the oldest first. `after`: the last position of the previous page."""
    return await ordered_page(catalog.logs, {"video_id": video_id}, BY_TOKEN, after, limit)


async def running(catalog: Catalog, playlist_id: str | None, limit: int) -> list[Video]:
    """Return up to `limit` running videos, the longest running first. `playlist_id`: None for all playlists."""
    match: dict[str, Any] = {"state": VideoState.RUNNING} | ({"playlists": playlist_id} if playlist_id else {})
    found = await catalog.videos.find(match, WITHOUT_DESCRIPTION).limit(limit).to_list()
    return sorted(found, key=_begun_at)


def _begun_at(video: Video) -> datetime:
    since: object = video.get("state_since")
    return since if isinstance(since, datetime) else _BEGINNING


async def submitter_of(catalog: Catalog, video_id: str) -> Submitter | None:
    """Return the submitter of a video, if they are limited; otherwise None."""
    found = await catalog.videos.find_one({"_id": video_id}, {"submitter": 1})
    return found.get("submitter") if found is not None else None


class Others(Enum):
    """Whose work waits besides that of one submitter."""

    NONE = "none"
    #: Only that of other limited submitters.
    LIMITED = "limited"
    UNLIMITED = "unlimited"


async def others_wait(catalog: Catalog, key: str) -> Others:
    """Return whose work waits for a scraper or is under way, other than that of the submitter `key`."""
    unlimited = {"submitter.limited": {"$ne": True}}
    # A playlist that a limited submitter asked to list again is their work, whoever owns it.
    if await _any_open(catalog, unlimited, {**unlimited, "asker.limited": {"$ne": True}}):
        return Others.UNLIMITED
    own = [{"asker.key": key}, {"asker": {"$exists": False}, "submitter.key": key}]
    return Others.LIMITED if await _any_open(catalog, {"submitter.key": {"$ne": key}}, {"$nor": own}) else Others.NONE


async def _any_open(catalog: Catalog, of_videos: dict[str, Any], of_playlists: dict[str, Any]) -> bool:
    videos = {"state": {"$in": [VideoState.QUEUED, VideoState.RUNNING]}, **of_videos}
    playlists = {"state": {"$in": [PlaylistState.ACCEPTED, PlaylistState.EXPANDING]}, **of_playlists}
    return (
        await catalog.videos.find_one(videos, {"_id": 1}) is not None
        or await catalog.playlists.find_one(playlists, {"_id": 1}) is not None
    )
