"""/v1/videos/{id}/files: the stored files of a video, to be saved: its sound in every profile, and its sidecars."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from services.api.auth.authenticator import needs
from services.api.auth.listeners import ListenerDep
from services.api.backend import BackendDep
from services.api.http.dispositions import disposition
from services.api.http.object_responses import AskedDep, must_be_there, object_answer
from services.api.http.parameters import Text, VideoId
from services.api.http.problems import Problem, documented
from services.api.routes.videos import video_of
from services.api.schemas.videos import LinkOut
from shared.catalog.connection import Catalog
from shared.catalog.documents import Scope, Video
from shared.catalog.videos.stored_objects import StoredObject, stored_objects
from shared.storage.keys import content_type_of

router = APIRouter(prefix="/v1/videos", tags=["videos"])
#: For holders of keys alone; what is above is for players of podcasts too.
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
    video_id: VideoId, name: FileName, backend: BackendDep, holder: ListenerDep, asked: AskedDep
) -> Response:
    """A stored file, whole or the bytes that Range asks for, to be saved under its title. Its ETag is its SHA-256."""
    video, stored = await _stored(backend.catalog, video_id, name)
    return await object_answer(backend, holder, asked, stored, _saved_as(video, name))


@links.get("/{video_id}/files/{name}/link", responses=documented(404, 409))
async def link(video_id: VideoId, name: FileName, backend: BackendDep) -> LinkOut:
    """An address at the object store itself, which needs no key and ends by itself (API_LINK_SECONDS).

    Whoever has it can read this file until then, whatever becomes of the key that asked for it.
    """
    if backend.links is None:
        raise Problem(409, "This API makes no such addresses (API_LINK_SECONDS is 0).", code="no-links")
    video, stored = await _stored(backend.catalog, video_id, name)
    await must_be_there(backend.store, stored.key)
    # By the clock of this machine, which signs it: the store compares it with its own.
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
    """The video, and its object of this name. Raises a Problem if there is none."""
    video = await video_of(catalog, video_id)
    found = {stored.key.rpartition("/")[2]: stored for stored in stored_objects(video)}
    if name not in found:
        there = ", ".join(found) or "nothing"
        raise Problem(404, f"{video_id} is {video['state']}; of it is stored: {there}.", code="not-stored")
    return video, found[name]


def _saved_as(video: Video, name: str) -> str:
    """The header that names the download: title and ending, of sidecars with what they are."""
    sounds = [video["audio"]["key"], *(other["key"] for other in video.get("further", ()))] if "audio" in video else []
    is_sound = any(key.rpartition("/")[2] == name for key in sounds)
    return disposition("attachment", video["title"] or video["_id"], name.rpartition(".")[2] if is_sound else name)
