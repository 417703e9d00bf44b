"""/v1/videos/{id}/files: download the stored files of a video: its audio in every profile, and its sidecars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from services.api.auth.dependencies import needs
from services.api.auth.players import PlayerDep
from services.api.backend import BackendDep
from services.api.http.dispositions import disposition
from services.api.http.parameters import VideoId
from services.api.http.problems import Problem, documented
from services.api.lookups import find_video
from services.api.routes.recordings.object_responses import ObjectRequestDep, object_response, require_object
from services.api.schemas.fields import Text
from services.api.schemas.videos import LinkOut
from shared.catalog.connection import Catalog
from shared.catalog.documents import Scope, Video
from shared.catalog.videos.stored_objects import StoredObject, stored_objects
from shared.storage.keys import content_type_of

router = APIRouter(prefix="/v1/videos", tags=["videos"])
#: For keys of scope read; the routes above are for podcast players too.
links = APIRouter(prefix="/v1/videos", tags=["videos"], dependencies=[needs(Scope.READ)])

FileName = Annotated[
    Text, Path(description="The last part of the key of one of its objects, e.g. mp3-320.mp3 or thumbnail.jpg.")
]


@router.get(
    "/{video_id}/files/{name}",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "The bytes that Range asks for."},
        **documented(404, 416),
    },
)
async def download(
    video_id: VideoId, name: FileName, backend: BackendDep, principal: PlayerDep, request: ObjectRequestDep
) -> Response:
    """Download a stored file, all of it or the bytes that Range asks for. Its ETag is its SHA-256.

    It is saved under the title of the video.
    """
    video, stored = await _stored(backend.catalog, video_id, name)
    return await object_response(backend, principal, request, stored, _saved_as(video, name))


@links.get("/{video_id}/files/{name}/link", responses=documented(404, 409))
async def link(video_id: VideoId, name: FileName, backend: BackendDep) -> LinkOut:
    """Make a presigned address of a file at the object store. It needs no key and expires (API_LINK_SECONDS).

    Until then, anyone who has it can read this file, even if the key that asked for it is revoked.
    """
    if backend.links is None:
        raise Problem(409, "This API makes no presigned addresses (API_LINK_SECONDS is 0).", code="no-links")
    video, stored = await _stored(backend.catalog, video_id, name)
    await require_object(backend.store, stored.key)
    # By the clock of this machine, which also signs the address; the store compares that with its own clock.
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=backend.links.seconds)
    return LinkOut(
        video_id=video_id,
        name=name,
        url=backend.links.address_of(stored.key, _saved_as(video, name)),
        expires_at=expires_at,
        content_type=content_type_of(stored.key),
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
    )


async def _stored(catalog: Catalog, video_id: str, name: str) -> tuple[Video, StoredObject]:
    """The video, and its object of this name. Raises a Problem (404) if there is none."""
    video = await find_video(catalog, video_id)
    found = {stored.key.rpartition("/")[2]: stored for stored in stored_objects(video)}
    if name not in found:
        there = ", ".join(found) or "nothing"
        raise Problem(404, f"{video_id} is {video['state']}; stored of it: {there}.", code="not-stored")
    return video, found[name]


def _saved_as(video: Video, name: str) -> str:
    """The Content-Disposition of a download: the title, for sidecars with their kind, and the ending."""
    renditions = (
        [video["audio"]["key"], *(other["key"] for other in video.get("further", ()))] if "audio" in video else []
    )
    is_audio = any(key.rpartition("/")[2] == name for key in renditions)
    return disposition("attachment", video["title"] or video["_id"], name.rpartition(".")[2] if is_audio else name)
