"""/v1/playlists/{id}: give a playlist up, or delete it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.auth.authenticator import needs
from services.api.backend import Backend, BackendDep
from services.api.http.parameters import PlaylistId
from services.api.http.problems import Problem, documented
from services.api.routes.decisions import STATES, acted
from services.api.schemas.playlists import PlaylistEndedOut
from shared.catalog.documents import PlaylistState, Scope
from shared.catalog.operator.playlist_endings import (
    abandon_playlist,
    delete_playlist,
    deleted_at,
    is_ended,
    unwanted_videos,
)
from shared.catalog.playlists.lookup import get_playlist
from shared.catalog.reading.batches import BATCH

router = APIRouter(prefix="/v1/playlists", tags=["playlists"], dependencies=[needs(Scope.ADMIN)])


@router.post("/{playlist_id}/abandon", responses=documented(404, 409))
async def abandon(playlist_id: PlaylistId, backend: BackendDep) -> PlaylistEndedOut:
    """Give a playlist up: it is not listed any more, and those of its videos that no other playlist wants are given up.

    What is stored stays. Submitting it again takes that back. Up to 500 videos at once: `more` says if some are left.
    """
    playlist = await get_playlist(backend.catalog, playlist_id)
    if playlist is None:
        raise Problem(
            404,
            f"There is no playlist {playlist_id!r}. Nothing was done.",
            code="no-such-playlist",
            see="/v1/playlists",
        )
    if not await is_ended(backend.catalog, playlist_id):
        if playlist["state"] == PlaylistState.REFUSED:
            why = playlist["retry"]["failure"]["reason"] if "retry" in playlist else "unknown"
            raise Problem(
                409,
                f"{playlist_id} is refused already ({why}), so there is nothing to give up. Delete it.",
                code="playlist-refused",
            )
        await abandon_playlist(backend.catalog, playlist_id)
    return await _ended(backend, "abandon", playlist_id, "abandon")


@router.delete("/{playlist_id}", responses=documented(404))
async def delete(
    playlist_id: PlaylistId,
    backend: BackendDep,
    videos: Annotated[
        bool, Query(description="Delete its videos too, from both stores and for good, if no other playlist has them.")
    ] = False,
) -> PlaylistEndedOut:
    """Delete a playlist. Its stored videos stay, unless `videos` is given; what is not stored yet is given up.

    Videos of other playlists are not touched. Submitting it again brings it back. Up to 500 videos at once: `more` says
    whether the same request would find more.
    """
    deleted = await delete_playlist(backend.catalog, playlist_id)
    before = await deleted_at(backend.catalog, playlist_id)
    if not deleted and before is None:
        raise Problem(
            404,
            f"There is no playlist {playlist_id!r}. Nothing was done.",
            code="no-such-playlist",
            see="/v1/playlists",
        )
    ended = await _ended(backend, "delete", playlist_id, "delete" if videos else "abandon")
    if not deleted and before is not None and ended.videos == 0:
        raise Problem(
            404,
            f"{playlist_id} was deleted at {before:%F %T} UTC, and nothing is left to be done.",
            code="already-deleted",
        )
    return ended


async def _ended(backend: Backend, action: str, playlist_id: str, for_videos: str) -> PlaylistEndedOut:
    """Deal with the videos that nobody else wants; what dies in between is done by the same request once more."""
    done = 0
    async for batch in unwanted_videos(backend.catalog, playlist_id, STATES[for_videos]):
        if batch and done >= BATCH:
            return PlaylistEndedOut(action=action, id=playlist_id, videos=done, more=True)
        done += sum([await acted(backend, for_videos, video) for video in batch])
    return PlaylistEndedOut(action=action, id=playlist_id, videos=done, more=False)
