"""How videos come into the catalog: accepted with their playlist, published, then marked as published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pymongo import UpdateOne

from shared.catalog.connection import Catalog
from shared.catalog.documents import VideoState


class Entry(NamedTuple):
    """One entry of a listing."""

    video_id: str
    url: str
    title: str | None


class Accepted(NamedTuple):
    """What became of a page of entries."""

    #: Those whose request must be published: new ones, and known ones whose publishing was cut off.
    to_request: list[Entry]
    #: How many the catalog had not known.
    new: int


async def accept_videos(
    catalog: Catalog, playlist_id: str, profiles: Sequence[str], entries: Sequence[Entry], now: datetime
) -> Accepted:
    """Take entries into the catalog as members of a playlist. A known video keeps its state."""
    by_id = {entry.video_id: entry for entry in entries}
    if not by_id:
        return Accepted([], 0)
    result = await catalog.videos.bulk_write(
        [_insert(e, playlist_id, profiles, now) for e in by_id.values()], ordered=False
    )
    unpublished = catalog.videos.find(
        {"_id": {"$in": list(by_id)}, "state": VideoState.QUEUED, "requested_at": {"$exists": False}}, {"_id": 1}
    )
    ids = {document["_id"] async for document in unpublished}
    return Accepted([entry for id_, entry in by_id.items() if id_ in ids], result.upserted_count)


def _insert(entry: Entry, playlist_id: str, profiles: Sequence[str], now: datetime) -> UpdateOne:
    extractor, source_id = entry.video_id.split(":", 1)
    first = {
        "extractor": extractor,
        "source_id": source_id,
        "url": entry.url,
        "title": entry.title,
        "profiles": list(profiles),
        "state": VideoState.QUEUED,
        "state_since": now,
        "accepted_at": now,
        "token": 0,
        "attempts": 0,
    }
    return UpdateOne(
        {"_id": entry.video_id}, {"$setOnInsert": first, "$addToSet": {"playlists": playlist_id}}, upsert=True
    )


async def mark_requested(catalog: Catalog, video_ids: Sequence[str], now: datetime) -> None:
    """Note that the broker has confirmed these requests."""
    if video_ids:
        await catalog.videos.update_many({"_id": {"$in": list(video_ids)}}, {"$set": {"requested_at": now}})
