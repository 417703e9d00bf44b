"""Ends a playlist for a person: an abandoned playlist stays visible, a deleted one disappears.

Neither blocks the playlist: a new submission brings it back. A listing under way loses its lease, so its result is
rejected.
The playlist's videos that no other playlist wants are abandoned or deleted, as if a person had named each of them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistRetry, PlaylistState, Video, VideoState
from shared.catalog.operator.decisions import abandon_video
from shared.catalog.reading.batches import video_batches
from shared.contracts.reasons import Reason

#: States of videos that are still to be fetched.
OPEN = (VideoState.WAITING, VideoState.QUEUED)


async def abandon_playlist(catalog: Catalog, playlist_id: str) -> Playlist | None:
    """Abandon a playlist in any state. Returns it after the change; None if the catalog does not know it."""
    now = await catalog.now()
    retry: PlaylistRetry = {
        "failure": {
            "failure_class": Reason.GIVEN_UP_BY_A_PERSON.failure_class,
            "reason": Reason.GIVEN_UP_BY_A_PERSON.value,
            "detail": "A person abandoned it. Submit it again to have it listed again.",
            "retry_at": None,
        },
        "due_at": now,
        "in_a_row": 1,
        "first_failed_at": now,
    }
    change = {"state": PlaylistState.REFUSED, "state_since": now, "retry": retry}
    over = dict.fromkeys(("lease", "desertions", "asker", "again_at", "again_for"), "")
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": change, "$unset": over})
    return await catalog.playlists.find_one({"_id": playlist_id})


async def delete_playlist(catalog: Catalog, playlist_id: str) -> bool:
    """Delete a playlist from the catalog. Returns False if the catalog does not know it.

    The moment is noted first, so that messages sent before it do not bring the playlist back.
    """
    if await catalog.playlists.find_one({"_id": playlist_id}, {"_id": 1}) is None:
        return False
    deleted = {"$set": {"at": await catalog.now()}}
    await catalog.deleted_playlists.update_one({"_id": playlist_id}, deleted, upsert=True)
    return (await catalog.playlists.delete_one({"_id": playlist_id})).deleted_count == 1


async def deleted_at(catalog: Catalog, playlist_id: str) -> datetime | None:
    """Return when a playlist was last deleted; None if it never was."""
    found = await catalog.deleted_playlists.find_one({"_id": playlist_id})
    return found["at"] if found is not None else None


async def was_deleted(catalog: Catalog, playlist_id: str, submitted_at: datetime | None) -> bool:
    """Return whether a playlist was deleted after a submission at a moment; None counts as now."""
    if submitted_at is None:
        return False
    moment = await deleted_at(catalog, playlist_id)
    return moment is not None and moment >= submitted_at


async def is_ended(catalog: Catalog, playlist_id: str) -> bool:
    """Return whether a person has ended a playlist: deleted or abandoned it."""
    return playlist_id in await _ended(catalog, {playlist_id})


async def abandon_if_ended(catalog: Catalog, playlist_id: str) -> None:
    """Abandon the videos that a listing brought after a person had ended its playlist; otherwise do nothing."""
    if not await is_ended(catalog, playlist_id):
        return
    async for batch in unwanted_videos(catalog, playlist_id, OPEN):
        for video in batch:
            await abandon_video(catalog, video)


async def unwanted_videos(
    catalog: Catalog, playlist_id: str, states: Sequence[VideoState]
) -> AsyncIterator[list[Video]]:
    """Yield the videos of a playlist in `states` that no other playlist wants, in batches. A batch may be empty."""
    query: dict[str, Any] = {"playlists": playlist_id, "state": {"$in": list(states)}, "tombstone": None}
    async for batch in video_batches(catalog, query):
        others = {other for video in batch for other in video["playlists"] if other != playlist_id}
        still = await wanting(catalog, others)
        yield [video for video in batch if not still & (set(video["playlists"]) - {playlist_id})]


async def wanting(catalog: Catalog, playlist_ids: set[str]) -> set[str]:
    """Return which playlists still want their videos. An id that never was a playlist is a request, so it does too."""
    if not playlist_ids:
        return set()
    return playlist_ids - await _ended(catalog, playlist_ids)


async def _ended(catalog: Catalog, playlist_ids: set[str]) -> set[str]:
    """Return which playlists a person has ended."""
    asked = {"_id": {"$in": list(playlist_ids)}}
    there = {found["_id"] async for found in catalog.playlists.find(asked, {"_id": 1})}
    abandoned = {**asked, "state": PlaylistState.REFUSED, "retry.failure.reason": Reason.GIVEN_UP_BY_A_PERSON}
    deleted = {found["_id"] async for found in catalog.deleted_playlists.find(asked)}
    return {found["_id"] async for found in catalog.playlists.find(abandoned, {"_id": 1})} | (deleted - there)


async def count_unlistable(catalog: Catalog) -> int:
    """Count the playlists that cannot be listed, except those that a person abandoned: they are no problem any more."""
    unlisted = {"state": PlaylistState.REFUSED, "retry.failure.reason": {"$ne": Reason.GIVEN_UP_BY_A_PERSON}}
    return await catalog.playlists.count_documents(unlisted)
