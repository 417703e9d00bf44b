"""/v1/videos/{id}/audio: listening to what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from services.api.auth.authenticator import HolderDep
from services.api.backend import BackendDep
from services.api.http.dispositions import disposition
from services.api.http.object_responses import AskedDep, object_answer
from services.api.http.parameters import Text, VideoId
from services.api.http.problems import Problem, documented
from services.api.routes.videos import video_of
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
    holder: HolderDep,
    asked: AskedDep,
    profile: Annotated[Text | None, Query(description="Which of its profiles; absent: the main one.")] = None,
) -> Response:
    """The stored sound, whole or the bytes that Range asks for."""
    video = await video_of(backend.catalog, video_id)
    audio = _chosen(video, profile)
    stored = StoredObject(audio["key"], audio["sha256"], audio["size_bytes"])
    named = disposition("inline", video["title"] or video_id, audio["key"].rpartition(".")[2])
    return await object_answer(backend, holder, asked, stored, named)


def _chosen(video: Video, profile: str | None) -> Audio:
    stored: Sequence[Audio] = [video["audio"], *video.get("further", ())] if "audio" in video else []
    for audio in stored:
        if profile in (None, audio["profile"]):
            return audio
    there = ", ".join(audio["profile"] for audio in stored) or "nothing"
    raise Problem(404, f"{video['_id']} is {video['state']}; of it is stored: {there}.", code="not-stored")
