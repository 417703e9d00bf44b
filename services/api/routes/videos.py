"""/v1/videos: list, read, attempts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from services.api import cursor
from services.api.backend import BackendDep
from services.api.presenting import attempt_out, video_out
from services.api.problems import Problem, documented
from services.api.schemas import AttemptsOut, StateName, VideoOut, VideoPage
from shared.catalog.queries import attempts_of, video_page

router = APIRouter(prefix="/v1/videos", tags=["videos"])


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    state: Annotated[StateName | None, Query(description="Only videos in this state.")] = None,
    playlist: Annotated[str | None, Query(max_length=300, description="Only videos of this playlist id.")] = None,
    cursor_: Annotated[str | None, Query(alias="cursor", max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> VideoPage:
    """Videos in the order of their ids."""
    found = await video_page(
        backend.catalog, state=state, playlist_id=playlist, after=cursor.decode(cursor_), limit=limit + 1
    )
    following = cursor.encode(found[limit - 1]["_id"]) if len(found) > limit else None
    return VideoPage(items=[video_out(v) for v in found[:limit]], next=following)


@router.get("/{video_id}", responses=documented(404))
async def read(video_id: str, backend: BackendDep) -> VideoOut:
    """One video."""
    video = await backend.catalog.videos.find_one({"_id": video_id})
    if video is None:
        raise Problem(404, _unknown(video_id))
    return video_out(video)


@router.get("/{video_id}/attempts", responses=documented(404))
async def attempts(video_id: str, backend: BackendDep) -> AttemptsOut:
    """The attempts of a video, the first one first."""
    if await backend.catalog.videos.find_one({"_id": video_id}, {"_id": 1}) is None:
        raise Problem(404, _unknown(video_id))
    return AttemptsOut(items=[attempt_out(entry) for entry in await attempts_of(backend.catalog, video_id)])


def _unknown(video_id: str) -> str:
    return f"There is no video {video_id!r}. Ids look like youtube:dQw4w9WgXcQ; GET /v1/videos lists them."
