"""/v1/reasons and /v1/decisions: why videos are not stored, and what a person wants done about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.auth.authenticator import needs
from services.api.backend import Backend, BackendDep
from services.api.http.parameters import Text
from services.api.http.problems import Problem, documented
from services.api.schemas.decisions import DecisionIn, DecisionOut, ReasonOut, ReasonsOut
from shared.catalog.access.keys import Scope
from shared.catalog.delivery.outbox import abandoned_message, requested_message, submission_of
from shared.catalog.documents import Playlist, Video, VideoState
from shared.catalog.operator.decisions import Selection, bury, give_up, reasons, requeue, selected
from shared.catalog.operator.other_reasons import playlists_to_list_again, resting_videos
from shared.catalog.playlists.lifecycle import requeue_playlist
from shared.catalog.reading.batches import BATCH
from shared.catalog.videos.acceptance import mark_requested
from shared.catalog.videos.defects import forget_defects
from shared.catalog.videos.deletions import purge_now
from shared.errors import Unavailable
from shared.runtime.defect_book import DefectBook

router = APIRouter(prefix="/v1", tags=["decisions"])

#: Action → states of the videos it is about.
STATES = {
    "retry": (VideoState.WAITING, VideoState.ABANDONED),
    "abandon": (VideoState.WAITING, VideoState.QUEUED),
    "delete": tuple(VideoState),
}


@router.get("/reasons")
async def list_reasons(
    backend: BackendDep,
    playlist: Annotated[Text | None, Query(description="Only videos of this playlist id.")] = None,
) -> ReasonsOut:
    """Why videos are not stored: counts by reason, the oldest, and when the next is tried again."""
    found = await reasons(backend.catalog, playlist)
    return ReasonsOut(items=[ReasonOut.model_validate(count._asdict()) for count in found])


@router.post("/decisions", dependencies=[needs(Scope.ADMIN)], responses=documented(400, 404))
async def decide(body: DecisionIn, backend: BackendDep) -> DecisionOut:
    """Try again, give up or delete the videos that fit all that is given; up to 500, and whether there are more.

    Tried again, a video has all its attempts before it; by reason, playlists that failed for it are listed again.
    Deleted, a video is never fetched again and goes from both stores with all versions; if something keeps it there
    (`kept` of the video), deleting it once more tries again now.
    """
    if body.video is None and body.reason is None and body.playlist is None:
        raise Problem(400, "Say which videos: video, reason or playlist. Nothing was done.", code="nothing-named")
    if body.action == "delete" and body.video is None and body.playlist is None:
        raise Problem(
            400, "Delete by video or by playlist, not by reason alone. Nothing was done.", code="nothing-named"
        )
    selection = Selection(body.video, body.reason, body.playlist, body.since)
    batch: list[Video] = await anext(selected(backend.catalog, selection, STATES[body.action]), [])
    done = sum([await acted(backend, body.action, video) for video in batch])
    playlists: list[Playlist] = []
    resting: list[Video] = []
    if body.action == "retry":
        # What is stored is not fetched again: it is only let go on.
        resting = await resting_videos(
            backend.catalog, video_id=body.video, reason=body.reason, playlist_id=body.playlist, since=body.since
        )
        done += sum([await forget_defects(backend.catalog, video) for video in resting])
        if body.reason is not None and body.video is None:
            playlists = await playlists_to_list_again(backend.catalog, body.reason, body.playlist, body.since)
    listed = sum([await _list_again(backend, playlist) for playlist in playlists])
    if body.video is not None and not batch and not resting:
        if body.action == "delete" and await purge_now(backend.catalog, body.video):
            # Deleted before, and something kept it: somebody took that off, and wants it gone now.
            return DecisionOut(action=body.action, videos=1, playlists=0, more=False)
        raise await _why_not(backend, body.video, body.action)
    more = BATCH in (len(batch), len(playlists), len(resting))
    return DecisionOut(action=body.action, videos=done, playlists=listed, more=more)


async def acted(backend: Backend, action: str, video: Video) -> bool:
    """Whether it was done to one video. One that our own code fails over keeps none of the others from it."""
    try:
        return await _act(backend, action, video)
    except Unavailable:
        # It ends a decision in its middle; what was done until then stays done.
        raise
    except Exception as error:
        await DefectBook(backend.catalog, backend.publisher).record_for_video(video, error)
        return False


async def _list_again(backend: Backend, playlist: Playlist) -> bool:
    """State first, then the message; what dies in between is found by the sweeper."""
    try:
        accepted = await requeue_playlist(backend.catalog, playlist)
        if accepted is not None:
            await backend.publisher.publish(submission_of(accepted))
        return accepted is not None
    except Unavailable:
        # It ends a decision in its middle; what was done until then stays done.
        raise
    except Exception as error:
        await DefectBook(backend.catalog, backend.publisher).record_for_playlist(playlist, error)
        return False


async def _act(backend: Backend, action: str, video: Video) -> bool:
    """Do it to one video; False: it changed meanwhile. State before message: the sweeper finds the rest."""
    if action == "retry":
        queued = await requeue(backend.catalog, video)
        if queued is not None:
            await backend.publisher.publish(requested_message(queued))
            await mark_requested(backend.catalog, [queued["_id"]], await backend.catalog.now())
        return queued is not None
    if action == "abandon":
        ended = await give_up(backend.catalog, video)
    else:
        ended = await bury(backend.catalog, video)
    if ended is not None:
        await backend.publisher.publish(abandoned_message(ended))
    return ended is not None


async def _why_not(backend: Backend, video_id: str, action: str) -> Problem:
    video = await backend.catalog.videos.find_one({"_id": video_id})
    if video is None:
        text = f"There is no video {video_id!r}. Ids look like youtube:dQw4w9WgXcQ."
        return Problem(404, text, code="no-such-video", see="/v1/videos")
    if video.get("tombstone") is not None:
        return Problem(404, f"{video_id} was deleted by a person, and stays so.", code="already-deleted")
    text = f"{video_id} is {video['state']}, and fits no {action} with what else is given. Nothing was done."
    return Problem(404, text, code="does-not-fit")
