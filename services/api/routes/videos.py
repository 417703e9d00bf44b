"""/v1/videos: list and read videos and their attempts."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from pydantic import Field

from services.api.backend import BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor, VideoId
from services.api.http.problems import documented
from services.api.lookups import find_video
from services.api.schemas.fields import Text
from services.api.schemas.videos import AttemptsOut, StateName, VideoOut, VideoPage
from services.api.serializers.documents import attempt_out, video_out
from shared.catalog.reading import ordered
from shared.catalog.reports.progress import BY_TOKEN, attempts_page
from shared.catalog.search.pages import VideoCursor, VideoFilter, video_page

router = APIRouter(prefix="/v1/videos", tags=["videos"])


class AttemptPosition(NamedTuple):
    """The last attempt of a page: its fencing token (null if it has none), and its id."""

    #: Within the bounds of the database's integers.
    token: Annotated[int | float, Field(ge=0, lt=2**63)] | None
    entry_id: Text


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    state: Annotated[StateName | None, Query(description="Only videos in this state.")] = None,
    reason: Annotated[Text | None, Query(description="Only videos whose last attempt failed for this reason.")] = None,
    playlist: Annotated[Text | None, Query(description="Only videos of this playlist id.")] = None,
    channel: Annotated[Text | None, Query(description="Only videos of this channel, by its exact name.")] = None,
    licence: Annotated[
        Text | None, Query(description="Only videos with this licence, as the source names it; unknown: without one.")
    ] = None,
    text: Annotated[
        Text | None,
        Query(description="Only videos with all these words in title or channel; case and accents do not matter."),
    ] = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> VideoPage:
    """List videos, the latest accession first."""
    wanted = VideoFilter(state, reason, playlist, channel, licence, text)
    async with backend.large_responses:
        found = await video_page(backend.catalog, wanted, cursor.decode(cursor_, VideoCursor), limit)
        following = cursor.encode(found.next) if found.next is not None else None
        return VideoPage(items=[video_out(video) for video in found.videos], next=following)


@router.get("/{video_id}", responses=documented(404))
async def read(video_id: VideoId, backend: BackendDep) -> VideoOut:
    """Read one video."""
    return video_out(await find_video(backend.catalog, video_id))


@router.get("/{video_id}/attempts", responses=documented(400, 404))
async def attempts(
    video_id: VideoId,
    backend: BackendDep,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AttemptsOut:
    """List the attempts of a video, the earliest first."""
    await find_video(backend.catalog, video_id)
    after = cursor.decode(cursor_, AttemptPosition)
    async with backend.large_responses:
        place = ordered.Position(*after) if after is not None else None
        found = await attempts_page(backend.catalog, video_id, after=place, limit=limit)
        following = (
            cursor.encode(AttemptPosition(*BY_TOKEN.position_of(found.last))) if found.last is not None else None
        )
        return AttemptsOut(items=[attempt_out(entry) for entry in found.items], next=following)
