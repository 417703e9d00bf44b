"""How a person ends a playlist: given up, it stays to be seen; deleted, it goes away.

Neither forbids it: whoever submits it later brings it back. A listing under way loses its lease, so it does not count.
Of its videos those that nobody else wants are given up or deleted, as if a person had named each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistRetry, PlaylistState, Video, VideoState
from shared.catalog.operator.decisions import BY_A_PERSON, give_up
from shared.catalog.reading.batches import video_batches
from shared.errors import FailureClass

#: States of videos that are yet to be fetched.
OPEN = (VideoState.WAITING, VideoState.QUEUED)


async def abandon_playlist(catalog: Catalog, playlist_id: str) -> Playlist | None:
    """Give a playlist up, in whatever state it is. Returns it; None: there is none."""
    now = await catalog.now()
    retry: PlaylistRetry = {
        "failure": {
            "failure_class": FailureClass.PERMANENT.value,
            "reason": BY_A_PERSON,
            "detail": "A person gave it up. Submit it again to have it listed again.",
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
    """Take a playlist out of the catalog. False: it is not there.

    When it was, is noted first: messages of before do not bring it back.
    """
    if await catalog.playlists.find_one({"_id": playlist_id}, {"_id": 1}) is None:
        return False
    deleted = {"$set": {"at": await catalog.now()}}
    await catalog.deleted_playlists.update_one({"_id": playlist_id}, deleted, upsert=True)
    return (await catalog.playlists.delete_one({"_id": playlist_id})).deleted_count == 1


async def deleted_at(catalog: Catalog, playlist_id: str) -> datetime | None:
    """When a playlist was last deleted; None: never."""
    found = await catalog.deleted_playlists.find_one({"_id": playlist_id})
    return found["at"] if found is not None else None


async def was_deleted(catalog: Catalog, playlist_id: str, submitted_at: datetime | None) -> bool:
    """Whether a playlist was deleted after it had been submitted at a moment; None is after everything."""
    if submitted_at is None:
        return False
    moment = await deleted_at(catalog, playlist_id)
    return moment is not None and moment >= submitted_at


async def is_ended(catalog: Catalog, playlist_id: str) -> bool:
    """Whether a person has ended it: it is gone, or given up."""
    return playlist_id in await _ended(catalog, {playlist_id})


async def give_up_if_ended(catalog: Catalog, playlist_id: str) -> None:
    """Give up what a listing still brought of a playlist after a person had ended it; else nothing."""
    if not await is_ended(catalog, playlist_id):
        return
    async for batch in unwanted_videos(catalog, playlist_id, OPEN):
        for video in batch:
            await give_up(catalog, video)


async def unwanted_videos(
    catalog: Catalog, playlist_id: str, states: Sequence[VideoState]
) -> AsyncIterator[list[Video]]:
    """Videos of a playlist in `states` that no other playlist wants, in batches. A batch may be empty."""
    query: dict[str, Any] = {"playlists": playlist_id, "state": {"$in": list(states)}, "tombstone": None}
    async for batch in video_batches(catalog, query):
        others = {other for video in batch for other in video["playlists"] if other != playlist_id}
        wanting = await _wanting(catalog, others)
        yield [video for video in batch if not wanting & (set(video["playlists"]) - {playlist_id})]


async def _wanting(catalog: Catalog, playlist_ids: set[str]) -> set[str]:
    """Those of some playlists that still want their videos. One that never was a playlist is somebody's wish, too."""
    if not playlist_ids:
        return set()
    return playlist_ids - await _ended(catalog, playlist_ids)


async def _ended(catalog: Catalog, playlist_ids: set[str]) -> set[str]:
    """Those of some playlists that a person has ended."""
    asked = {"_id": {"$in": list(playlist_ids)}}
    there = {found["_id"] async for found in catalog.playlists.find(asked, {"_id": 1})}
    given_up = {**asked, "state": PlaylistState.REFUSED, "retry.failure.reason": BY_A_PERSON}
    deleted = {found["_id"] async for found in catalog.deleted_playlists.find(asked)}
    return {found["_id"] async for found in catalog.playlists.find(given_up, {"_id": 1})} | (deleted - there)


async def count_unlistable(catalog: Catalog) -> int:
    """Count the playlists that cannot be listed, except those that a person gave up: they are no problem any more."""
    unlisted = {"state": PlaylistState.REFUSED, "retry.failure.reason": {"$ne": BY_A_PERSON}}
    return await catalog.playlists.count_documents(unlisted)
