"""/v1/playlists/{id}: abandon or delete a playlist."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.actions import STATES, act_on_video
from services.api.auth.dependencies import needs
from services.api.backend import Backend, BackendDep
from services.api.http.parameters import PlaylistId
from services.api.http.problems import Problem, documented
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
    """Abandon a playlist: it is no longer listed, and its videos that no other playlist contains are abandoned.

    Stored videos stay. Submitting the playlist again undoes this. One request abandons up to 500 videos; `more` says
    whether some are left.
    """
    playlist = await get_playlist(backend.catalog, playlist_id)
    if playlist is None:
        raise _no_such_playlist(playlist_id)
    if not await is_ended(backend.catalog, playlist_id):
        if playlist["state"] == PlaylistState.REFUSED:
            why = playlist["retry"]["failure"]["reason"] if "retry" in playlist else "unknown"
            raise Problem(
                409,
                f"{playlist_id} is already refused ({why}), so there is nothing to abandon. Delete it.",
                code="playlist-refused",
            )
        await abandon_playlist(backend.catalog, playlist_id)
    return await _ended(backend, "abandon", playlist_id, "abandon")


@router.delete("/{playlist_id}", responses=documented(404))
async def delete(
    playlist_id: PlaylistId,
    backend: BackendDep,
    videos: Annotated[
        bool,
        Query(
            description="Also delete its videos, from all stores and for good, unless another playlist contains them."
        ),
    ] = False,
) -> PlaylistEndedOut:
    """Delete a playlist. Its stored videos stay, unless `videos` is given; the others are abandoned.

    Videos of other playlists are not touched. Submitting the playlist again restores it. One request processes up to
    500 videos; `more` says whether to repeat it.
    """
    deleted = await delete_playlist(backend.catalog, playlist_id)
    before = await deleted_at(backend.catalog, playlist_id)
    if not deleted and before is None:
        raise _no_such_playlist(playlist_id)
    ended = await _ended(backend, "delete", playlist_id, "delete" if videos else "abandon")
    if not deleted and before is not None and ended.videos == 0:
        raise Problem(
            404,
            f"{playlist_id} was deleted at {before:%F %T} UTC; nothing is left to do.",
            code="already-deleted",
        )
    return ended


async def _ended(backend: Backend, action: str, playlist_id: str, for_videos: str) -> PlaylistEndedOut:
    """Apply an action to the videos that no other playlist contains. After a crash, the same request completes it."""
    done = 0
    async for batch in unwanted_videos(backend.catalog, playlist_id, STATES[for_videos]):
        if batch and done >= BATCH:
            return PlaylistEndedOut(action=action, id=playlist_id, videos=done, more=True)
        done += sum([await act_on_video(backend, for_videos, video) for video in batch])
    return PlaylistEndedOut(action=action, id=playlist_id, videos=done, more=False)


def _no_such_playlist(playlist_id: str) -> Problem:
    return Problem(
        404, f"There is no playlist {playlist_id!r}. Nothing was done.", code="no-such-playlist", see="/v1/playlists"
    )
