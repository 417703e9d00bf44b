"""Which videos a followed list has, had, and no longer has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import PlaylistState
from shared.catalog.parts import parts_of


async def known_members(catalog: Catalog, playlist_id: str, video_ids: Sequence[str]) -> set[str]:
    """Return those of `video_ids` that are members of a playlist."""
    query = {"_id": {"$in": list(video_ids)}, "playlists": playlist_id}
    return {video["_id"] async for video in catalog.videos.find(query, {"_id": 1})}


async def note_departures(catalog: Catalog, playlist_id: str, present: Collection[str], now: datetime) -> list[str]:
    """Note which members a complete list no longer has, and which have come back. Returns those that are newly gone.

    What is stored of them stays.
    """
    gone: list[str] = []
    back: list[str] = []
    async for video in catalog.videos.find({"playlists": playlist_id}, {"left": 1}):
        left = any(each["playlist"] == playlist_id for each in video.get("left", ()))
        if left and video["_id"] in present:
            back.append(video["_id"])
        elif not left and video["_id"] not in present:
            gone.append(video["_id"])
    for ids, change in (
        (gone, {"$addToSet": {"left": {"playlist": playlist_id, "at": now}}}),
        (back, {"$pull": {"left": {"playlist": playlist_id}}}),
    ):
        for part in parts_of(ids):
            await catalog.videos.update_many({"_id": {"$in": part}}, change)
    if gone or back:
        # Counted and not added up: if the process died before this, the next departure puts it right.
        departed = await catalog.videos.count_documents({"playlists": playlist_id, "left.playlist": playlist_id})
        latest: dict[str, Any] = {"$max": {"departed_at": now}} if gone else {}
        await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {"departed": departed}, **latest})
    return gone


async def follow_playlist(catalog: Catalog, playlist_id: str, url: str, options: dict[str, Any]) -> None:
    """Make the playlist of a followed source, unless it is there: looks list it, so no listing is requested.

    `options`: profiles, priority and filters, in the form for a document.
    """
    now = await catalog.now()
    new = {
        "url": url,
        "state": PlaylistState.EXPANDED,
        "state_since": now,
        "accepted_at": now,
        "submitted_at": now,
        "expanded_at": now,
        "attempts": 0,
        "charged": 0,
        "submitter": {"key": "operator", "limited": False},
        "limit": None,
        "followed_only": True,
        **options,
    }
    await catalog.playlists.update_one({"_id": playlist_id}, {"$setOnInsert": new}, upsert=True)
