"""/v1/videos/{id}/audio: listen to a stored video."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from services.api.auth.dependencies import PrincipalDep
from services.api.backend import BackendDep
from services.api.http.dispositions import disposition
from services.api.http.parameters import VideoId
from services.api.http.problems import Problem, documented
from services.api.lookups import find_video
from services.api.routes.recordings.object_responses import ObjectRequestDep, object_response
from services.api.schemas.fields import Text
from shared.catalog.documents import Audio, Video
from shared.catalog.videos.stored_objects import StoredObject

router = APIRouter(prefix="/v1/videos", tags=["videos"])


@router.get(
    "/{video_id}/audio",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "The bytes that Range asks for."},
        **documented(404, 416),
    },
)
async def listen(
    video_id: VideoId,
    backend: BackendDep,
    principal: PrincipalDep,
    request: ObjectRequestDep,
    profile: Annotated[Text | None, Query(description="The profile to play; absent: the main one.")] = None,
) -> Response:
    """Stream the stored audio, all of it or the bytes that Range asks for."""
    video = await find_video(backend.catalog, video_id)
    audio = _chosen(video, profile)
    stored = StoredObject(audio["key"], audio["sha256"], audio["size_bytes"])
    named = disposition("inline", video["title"] or video_id, audio["key"].rpartition(".")[2])
    return await object_response(backend, principal, request, stored, named)


def _chosen(video: Video, profile: str | None) -> Audio:
    stored: Sequence[Audio] = [video["audio"], *video.get("further", ())] if "audio" in video else []
    for audio in stored:
        if profile in (None, audio["profile"]):
            return audio
    there = ", ".join(audio["profile"] for audio in stored) or "nothing"
    raise Problem(404, f"{video['_id']} is {video['state']}; stored of it: {there}.", code="not-stored")
