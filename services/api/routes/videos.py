"""/v1/videos: list, read, attempts, listen."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from pydantic import Field

from services.api.backend import BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor, Text, VideoId
from services.api.http.problems import Problem, documented
from services.api.schemas.videos import AttemptsOut, StateName, VideoOut, VideoPage
from services.api.serializers import attempt_out, video_out
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.reading import ordered
from shared.catalog.reports.progress import BY_TOKEN, attempts_page
from shared.catalog.search.pages import VideoCursor, VideoFilter, video_page
from shared.catalog.videos.lookup import get_video

router = APIRouter(prefix="/v1/videos", tags=["videos"])


class AttemptPlace(NamedTuple):
    """Where a page of attempts ends: the token of its last one, null if it has none; and its id."""

    #: As the database can hold it.
    token: Annotated[int | float, Field(ge=0, lt=2**63)] | None
    entry_id: Text


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    state: Annotated[StateName | None, Query(description="Only videos in this state.")] = None,
    reason: Annotated[Text | None, Query(description="Only those whose last attempt failed for this reason.")] = None,
    playlist: Annotated[Text | None, Query(description="Only videos of this playlist id.")] = None,
    channel: Annotated[Text | None, Query(description="Only of this channel, by its exact name.")] = None,
    licence: Annotated[
        Text | None, Query(description="Only with this licence, as the source says it; unknown: without one.")
    ] = None,
    text: Annotated[
        Text | None,
        Query(description="Only with all these words in title or channel; case and accents do not matter."),
    ] = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> VideoPage:
    """Videos, the newest accession first."""
    wanted = VideoFilter(state, reason, playlist, channel, licence, text)
    async with backend.large_answers:
        found = await video_page(backend.catalog, wanted, cursor.decode(cursor_, VideoCursor), limit)
        following = cursor.encode(found.next) if found.next is not None else None
        return VideoPage(items=[video_out(video) for video in found.videos], next=following)


@router.get("/{video_id}", responses=documented(404))
async def read(video_id: VideoId, backend: BackendDep) -> VideoOut:
    """One video."""
    return video_out(await video_of(backend.catalog, video_id))


@router.get("/{video_id}/attempts", responses=documented(400, 404))
async def attempts(
    video_id: VideoId,
    backend: BackendDep,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AttemptsOut:
    """The attempts of a video, the first one first."""
    await video_of(backend.catalog, video_id)
    after = cursor.decode(cursor_, AttemptPlace)
    async with backend.large_answers:
        place = ordered.Position(*after) if after is not None else None
        found = await attempts_page(backend.catalog, video_id, after=place, limit=limit)
        following = cursor.encode(AttemptPlace(*BY_TOKEN.position_of(found.last))) if found.last is not None else None
        return AttemptsOut(items=[attempt_out(entry) for entry in found.items], next=following)


async def video_of(catalog: Catalog, video_id: str) -> Video:
    """The video. Raises a Problem if there is none."""
    video = await get_video(catalog, video_id, with_description=False)
    if video is None:
        raise Problem(
            404,
            f"There is no video {video_id!r}. Ids look like youtube:dQw4w9WgXcQ.",
            code="no-such-video",
            see="/v1/videos",
        )
    return video
