"""/v1/reasons and /v1/decisions: why videos are not stored, and what a person decides about them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.api.actions import STATES, act_on_video, list_again
from services.api.auth.dependencies import needs
from services.api.backend import Backend, BackendDep
from services.api.http.problems import Problem, documented
from services.api.lookups import no_such_video
from services.api.schemas.decisions import DecisionIn, DecisionOut, ReasonOut, ReasonsOut
from services.api.schemas.fields import Text
from shared.catalog.documents import Playlist, Scope, Video
from shared.catalog.operator.reasons import reasons
from shared.catalog.operator.selection import Selection, resting_videos, selected_videos, unlisted_playlists
from shared.catalog.reading.batches import BATCH
from shared.catalog.videos.defects import forget_defects
from shared.catalog.videos.deletions import purge_now
from shared.catalog.videos.lookup import get_video

router = APIRouter(prefix="/v1", tags=["decisions"])


@router.get("/reasons")
async def list_reasons(
    backend: BackendDep,
    playlist: Annotated[Text | None, Query(description="Only videos of this playlist id.")] = None,
) -> ReasonsOut:
    """Count the videos that are not stored by reason, with the oldest and the time of the next retry."""
    found = await reasons(backend.catalog, playlist)
    return ReasonsOut(items=[ReasonOut.model_validate(count._asdict()) for count in found])


@router.post("/decisions", dependencies=[needs(Scope.ADMIN)], responses=documented(400, 404))
async def decide(body: DecisionIn, backend: BackendDep) -> DecisionOut:
    """Retry, abandon or delete the videos that match everything given: up to 500; `more` says whether some are left.

    A retried video gets all its attempts back; a retry by reason also lists the playlists again that failed for it. A
    deleted video is never fetched again, and is removed from all stores with all versions; if something keeps it there
    (`kept` of the video), deleting it again repeats the removal now.
    """
    if body.video is None and body.reason is None and body.playlist is None:
        raise Problem(400, "Name the videos by video, reason or playlist. Nothing was done.", code="nothing-named")
    if body.action == "delete" and body.video is None and body.playlist is None:
        raise Problem(
            400,
            "Name a video or a playlist to delete; a reason alone is not enough. Nothing was done.",
            code="nothing-named",
        )
    selection = Selection(body.video, body.reason, body.playlist, body.since)
    batch: list[Video] = await anext(selected_videos(backend.catalog, selection, STATES[body.action]), [])
    done = sum([await act_on_video(backend, body.action, video) for video in batch])
    playlists: list[Playlist] = []
    resting: list[Video] = []
    if body.action == "retry":
        # Stored videos that were set aside for defects are not fetched again: their processing continues.
        resting = await resting_videos(backend.catalog, selection)
        done += sum([await forget_defects(backend.catalog, video) for video in resting])
        if body.reason is not None and body.video is None:
            playlists = await unlisted_playlists(backend.catalog, selection)
    playlists_listed = sum([await list_again(backend, playlist) for playlist in playlists])
    if body.video is not None and not batch and not resting:
        if body.action == "delete" and await purge_now(backend.catalog, body.video):
            # It was deleted before, but something kept it; a person has removed that obstacle and repeats the request.
            return DecisionOut(action=body.action, videos=1, playlists=0, more=False)
        raise await _why_not(backend, body.video, body.action)
    more = BATCH in (len(batch), len(playlists), len(resting))
    return DecisionOut(action=body.action, videos=done, playlists=playlists_listed, more=more)


async def _why_not(backend: Backend, video_id: str, action: str) -> Problem:
    video = await get_video(backend.catalog, video_id)
    if video is None:
        return no_such_video(video_id)
    if video.get("tombstone") is not None:
        return Problem(404, f"{video_id} was deleted and is never fetched again.", code="already-deleted")
    text = f"{video_id} is {video['state']}; with these conditions there is nothing to {action}. Nothing was done."
    return Problem(404, text, code="does-not-fit")
