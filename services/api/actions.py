"""What a person decides about videos and playlists: retry, abandon or delete, applied to one document."""

from __future__ import annotations

from services.api.backend import Backend
from shared.catalog.delivery.outbox import abandoned_message, requested_message, submission_of
from shared.catalog.documents import Playlist, Video, VideoState
from shared.catalog.operator.decisions import abandon_video, delete_video
from shared.catalog.playlists.lifecycle import requeue_playlist
from shared.catalog.videos.acceptance import mark_requested
from shared.catalog.videos.requeue import RequeueReason, requeue_video
from shared.runtime.defect_book import DefectBook

#: Action → states of the videos that it applies to.
STATES = {
    "retry": (VideoState.WAITING, VideoState.ABANDONED),
    "abandon": (VideoState.WAITING, VideoState.QUEUED),
    "delete": tuple(VideoState),
}


async def act_on_video(backend: Backend, action: str, video: Video) -> bool:
    """Apply an action to one video. Returns False if the video has changed meanwhile, or our code fails over it.

    Such a failure is counted as a defect of the video. Raises Unavailable; what was done until then stays done.
    """
    async with DefectBook(backend.catalog, backend.publisher).guard_video(video):
        return await _act(backend, action, video)
    return False


async def list_again(backend: Backend, playlist: Playlist) -> bool:
    """Have a playlist listed again. Returns False and raises as `act_on_video` does.

    State before message: the sweeper publishes what a crash in between leaves behind.
    """
    async with DefectBook(backend.catalog, backend.publisher).guard_playlist(playlist):
        accepted = await requeue_playlist(backend.catalog, playlist, RequeueReason.PERSON)
        if accepted is not None:
            await backend.publisher.publish(submission_of(accepted))
        return accepted is not None
    return False


async def _act(backend: Backend, action: str, video: Video) -> bool:
    """State before message: the sweeper publishes what a crash in between leaves behind."""
    if action == "retry":
        queued = await requeue_video(backend.catalog, video, RequeueReason.PERSON)
        if queued is not None:
            await backend.publisher.publish(requested_message(queued))
            await mark_requested(backend.catalog, [queued["_id"]], await backend.catalog.now())
        return queued is not None
    if action == "abandon":
        ended = await abandon_video(backend.catalog, video)
    else:
        ended = await delete_video(backend.catalog, video)
    if ended is not None:
        await backend.publisher.publish(abandoned_message(ended))
    return ended is not None
