"""/v1/reasons and /v1/decisions: why videos are not stored, and what a person wants done about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.access import needs
from services.api.backend import Backend, BackendDep
from services.api.inputs import Text
from services.api.problems import Problem, documented
from services.api.schemas.decisions import DecisionIn, DecisionOut, ReasonOut, ReasonsOut
from shared.catalog.acceptance import mark_requested
from shared.catalog.announcements import abandoned_message, requested_message
from shared.catalog.batches import BATCH
from shared.catalog.decisions import Selection, bury, give_up, reasons, requeue, selected
from shared.catalog.deletions import purge_now
from shared.catalog.documents import Video, VideoState
from shared.catalog.keys import Scope

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

    Tried again, a video has all its attempts before it. Deleted, it is never fetched again and goes from both stores
    with all versions; if something keeps it there (`kept` of the video), deleting it once more tries again now.
    """
    if body.video is None and body.reason is None and body.playlist is None:
        raise Problem(400, "Say which videos: video, reason or playlist. Nothing was done.")
    if body.action == "delete" and body.video is None and body.playlist is None:
        raise Problem(400, "Delete by video or by playlist, not by reason alone. Nothing was done.")
    selection = Selection(body.video, body.reason, body.playlist, body.since)
    async for batch in selected(backend.catalog, selection, STATES[body.action]):
        done = sum([await act(backend, body.action, video) for video in batch])
        return DecisionOut(action=body.action, videos=done, more=len(batch) == BATCH)
    if body.video is not None and body.action == "delete" and await purge_now(backend.catalog, body.video):
        # Deleted before, and something kept it: somebody took that off, and wants it gone now.
        return DecisionOut(action=body.action, videos=1, more=False)
    if body.video is not None:
        raise Problem(404, await _why_not(backend, body.video, body.action))
    return DecisionOut(action=body.action, videos=0, more=False)


async def act(backend: Backend, action: str, video: Video) -> bool:
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


async def _why_not(backend: Backend, video_id: str, action: str) -> str:
    video = await backend.catalog.videos.find_one({"_id": video_id})
    if video is None:
        return f"There is no video {video_id!r}. Ids look like youtube:dQw4w9WgXcQ."
    if video.get("tombstone") is not None:
        return f"{video_id} was deleted by a person, and stays so."
    return f"{video_id} is {video['state']}, and fits no {action} with what else is given. Nothing was done."
