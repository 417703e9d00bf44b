"""Schemas of videos, their stored objects and their attempts.

`beside` is the field of sidecars, and `further` that of renditions in further profiles: names of stored documents.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.api.schemas.measurements import MeasurementOut
from services.api.schemas.progress import FailureOut
from shared.contracts.reasons import ReasonCode

StateName = Literal["queued", "running", "waiting", "stored", "abandoned"]


class AudioOut(BaseModel):
    """A stored audio object: one profile of a video."""

    profile: str
    bucket: str
    key: str
    sha256: str
    size_bytes: int
    duration_seconds: float
    bitrate_kbps: int
    codec: str
    source_codec: str | None
    source_bitrate_kbps: float | None
    engine: str
    stored_at: datetime


class BesideOut(BaseModel):
    """A sidecar: a stored object other than audio."""

    kind: Literal["info", "thumbnail", "subtitles", "chapters"]
    key: str
    sha256: str
    size_bytes: int
    #: Of subtitles: their language, and whether a machine made them.
    language: str | None = None
    automatic: bool | None = None


class MirrorOut(BaseModel):
    """The verified copies; present once all objects of the video are in all targets of the mirror.

    Container and blob are those of the first target.
    """

    container: str
    blob: str
    sha256: str
    mirrored_at: datetime


class KeptOut(BaseModel):
    """Why a store still holds objects of a deleted video."""

    #: retention, legal-hold, immutability-policy, soft-delete, rights …
    reason: str
    #: What keeps it, and what to do.
    detail: str
    #: When that ends by itself; null: never, or unknown.
    until: datetime | None


class VideoOut(BaseModel):
    """A video."""

    id: str
    #: Its number in the order of acceptance.
    accession: int
    url: str
    title: str | None
    state: StateName
    state_since: datetime
    accepted_at: datetime
    playlists: list[str]
    attempts: int
    channel: str | None
    duration_seconds: float | None
    upload_date: str | None
    licence: str | None
    #: Why it is not stored; of a stored video, the defect for which it was set aside.
    failure: FailureOut | None
    #: When it is retried, while it waits.
    due_at: datetime | None
    profiles: list[str]
    language: str | None
    #: The main profile, the further profiles, and the sidecars.
    audio: AudioOut | None
    further: list[AudioOut]
    beside: list[BesideOut]
    mirror: MirrorOut | None
    #: Target of the mirror → its container, of those that have verified copies of all objects.
    copies: dict[str, str]
    deleted_at: datetime | None
    #: When all stores had removed every version; null with a deleted_at: removal is not complete.
    purged_at: datetime | None
    #: Why some objects could not be removed; empty: nothing prevents it.
    kept: list[KeptOut]


class LinkOut(BaseModel):
    """A presigned address of one stored file."""

    video_id: str
    name: str
    #: At the object store, with a signature that is valid for this file alone; it contains no key.
    url: str
    expires_at: datetime
    content_type: str
    sha256: str
    size_bytes: int


class AttemptOut(BaseModel):
    """One attempt to fetch a video."""

    video_id: str
    url: str
    title: str | None
    status: Literal["stored", "failed"]
    timestamp: datetime
    retry_attempts: int
    last_retry: datetime | None
    error: str | None
    failure_class: str | None
    reason: ReasonCode | None
    seconds: float
    stages: dict[str, float]
    #: How its download went; null: it did not come to that, or nothing was measured.
    measurement: MeasurementOut | None = None


class VideoPage(BaseModel):
    """A page of videos, and the cursor of the next page."""

    items: list[VideoOut]
    next: str | None


class AttemptsOut(BaseModel):
    """A page of a video's attempts, the earliest first, and the cursor of the next page."""

    items: list[AttemptOut]
    next: str | None
