"""Messages about audio objects."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.base import Message, Sha256, Time, VideoId, WebUrl
from shared.untrusted.bounds import MAX_INTEGER, MAX_KBPS, MAX_SECONDS
from shared.untrusted.text import Encodable, SourceLine

#: Maximum further objects in one message; the catalog has all of them.
MAX_BESIDE = 500


class ObjectBeside(BaseModel):
    """Another object of the same video: the audio in another profile, or a sidecar."""

    model_config = ConfigDict(frozen=True)

    kind: Encodable = Field(description="audio, info, thumbnail, subtitles or chapters.")
    object_key: Encodable
    sha256: Sha256
    size_bytes: int = Field(gt=0, le=MAX_INTEGER)


class AudioStored(Message):
    """A verified audio object, and all other wanted objects of its video, are in the object store."""

    type: ClassVar[str] = "audio.stored.v1"

    video_id: VideoId
    url: WebUrl
    title: SourceLine
    profile: Encodable
    bucket: Encodable
    object_key: Encodable
    sha256: Sha256
    size_bytes: int = Field(gt=0, le=MAX_INTEGER)
    duration_seconds: float = Field(gt=0, le=MAX_SECONDS)
    bitrate_kbps: int = Field(gt=0, le=MAX_KBPS)
    codec: SourceLine
    stored_at: Time
    beside: tuple[ObjectBeside, ...] = Field((), max_length=MAX_BESIDE)

    def identity(self) -> tuple[Any, ...]:
        return (self.video_id, self.profile, self.sha256)


class AudioMirrored(Message):
    """Verified copies of an audio object, and of all other objects of its video, are in all targets of the mirror.

    Container and blob are those of the first target.
    """

    type: ClassVar[str] = "audio.mirrored.v1"

    video_id: VideoId
    profile: Encodable
    container: Encodable
    blob: Encodable
    sha256: Sha256
    size_bytes: int = Field(gt=0, le=MAX_INTEGER)
    mirrored_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.video_id, self.profile, self.sha256)
