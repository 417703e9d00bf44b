"""The changes of a playlist's document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState
from shared.catalog.transitions import reason_of
from shared.contracts import Failure
from shared.errors import FailureClass


async def accept_playlist(catalog: Catalog, playlist_id: str, url: str, now: datetime) -> tuple[Playlist, bool]:
    """Note that a playlist was submitted. Returns it, and whether the catalog had not known it."""
    first = {"url": url, "accepted_at": now, "attempts": 0, "charged": 0}
    # Accepted anew, so that whoever waits for it does not take the end of the last listing for the end of this one.
    again = {"submitted_at": now, "state": PlaylistState.ACCEPTED, "state_since": now}
    result = await catalog.playlists.update_one(
        {"_id": playlist_id}, {"$setOnInsert": first, "$set": again}, upsert=True
    )
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    assert playlist is not None
    return playlist, result.upserted_id is not None


async def set_expanding(catalog: Catalog, playlist_id: str, now: datetime) -> None:
    """A listing begins."""
    change = {"state": PlaylistState.EXPANDING, "state_since": now, "found": 0}
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": change})


async def count_failure(catalog: Catalog, playlist_id: str, failure: Failure) -> tuple[int, int]:
    """Count a failed listing. Returns the failures since the last listing that succeeded, and those charged."""
    charge = 1 if failure.failure_class is FailureClass.TRANSIENT else 0
    await catalog.playlists.update_one({"_id": playlist_id}, {"$inc": {"attempts": 1, "charged": charge}})
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    return (playlist["attempts"], playlist["charged"]) if playlist is not None else (1, charge)


async def describe(catalog: Catalog, playlist_id: str, title: str | None, channel: str | None) -> None:
    """What the listing says of the playlist."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {"title": title, "channel": channel}})


async def add_found(catalog: Catalog, playlist_id: str, number: int) -> None:
    """So many further entries were seen."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$inc": {"found": number}})


async def set_expanded(catalog: Catalog, playlist_id: str, now: datetime) -> None:
    """The listing ended well."""
    change = {"state": PlaylistState.EXPANDED, "state_since": now, "expanded_at": now, "attempts": 0, "charged": 0}
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
