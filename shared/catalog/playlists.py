"""The changes of a playlist's document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState
from shared.catalog.transitions import reason_of
from shared.contracts import Failure


async def accept_playlist(catalog: Catalog, playlist_id: str, url: str, now: datetime) -> tuple[Playlist, bool]:
    """Note that a playlist was submitted. Returns it, and whether the catalog had not known it."""
    first = {"url": url, "state": PlaylistState.ACCEPTED, "state_since": now, "accepted_at": now, "attempts": 0}
    result = await catalog.playlists.update_one(
        {"_id": playlist_id}, {"$setOnInsert": first, "$set": {"submitted_at": now}}, upsert=True
    )
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    assert playlist is not None
    return playlist, result.upserted_id is not None


async def set_expanding(catalog: Catalog, playlist_id: str, now: datetime) -> int:
    """A listing begins. Returns the number of this attempt since the last one that succeeded."""
    change = {"state": PlaylistState.EXPANDING, "state_since": now, "found": 0}
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": change, "$inc": {"attempts": 1}})
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    return playlist["attempts"] if playlist is not None else 1


async def describe(catalog: Catalog, playlist_id: str, title: str | None, channel: str | None) -> None:
    """What the listing says of the playlist."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {"title": title, "channel": channel}})


async def add_found(catalog: Catalog, playlist_id: str, number: int) -> None:
    """So many further entries were seen."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$inc": {"found": number}})


async def set_expanded(catalog: Catalog, playlist_id: str, now: datetime) -> None:
    """The listing ended well."""
    change = {"state": PlaylistState.EXPANDED, "state_since": now, "expanded_at": now, "attempts": 0}
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": change, "$unset": {"retry": ""}})


async def set_failed(
    catalog: Catalog, playlist_id: str, failure: Failure, now: datetime, due_at: datetime | None
) -> None:
    """The listing failed: it is tried again at `due_at`, or refused if that is None."""
    state = PlaylistState.REFUSED if due_at is None else PlaylistState.WAITING
    retry: dict[str, Any] = {"failure": reason_of(failure), "due_at": due_at or now}
    await catalog.playlists.update_one(
        {"_id": playlist_id}, {"$set": {"state": state, "state_since": now, "retry": retry}}
    )
