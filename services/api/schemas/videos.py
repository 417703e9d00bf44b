"""Shapes of videos, of what is stored of them, and of their attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.api.schemas.progress import FailureOut
from shared.contracts.reasons import ReasonCode

StateName = Literal["queued", "running", "waiting", "stored", "abandoned"]


class AudioOut(BaseModel):
    """A stored audio object: the sound in one profile."""

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
    """A stored object that is not sound."""

    kind: Literal["info", "thumbnail", "subtitles", "chapters"]
    key: str
    sha256: str
    size_bytes: int
    #: Of subtitles; and whether a machine made them.
    language: str | None = None
    automatic: bool | None = None


class MirrorOut(BaseModel):
    """The verified copy in Azure; it is told when all objects of the video are there."""

    container: str
    blob: str
    sha256: str
    mirrored_at: datetime


class KeptOut(BaseModel):
    """Why a store still holds some of a deleted video."""

    #: retention, legal-hold, immutability-policy, soft-delete, rights …
    reason: str
    #: What keeps it, and what to do.
    detail: str
    #: When that ends by itself; null: never, or nobody knows.
    until: datetime | None


class VideoOut(BaseModel):
    """A video."""

    id: str
    #: The order in which videos were accepted.
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
    #: Why it is not stored, or why our own code leaves alone what is.
    failure: FailureOut | None
    #: When it is tried again, while it waits.
    due_at: datetime | None
    profiles: list[str]
    language: str | None
    #: In the main profile, in the further ones, and what lies beside them.
    audio: AudioOut | None
    further: list[AudioOut]
    beside: list[BesideOut]
    mirror: MirrorOut | None
    deleted_at: datetime | None
    #: When neither store held any version of it any more; null with a deleted_at: it is still to be removed.
    purged_at: datetime | None
    #: Why not everything could be removed; empty: nothing hinders.
    kept: list[KeptOut]


class LinkOut(BaseModel):
    """A presigned address of one stored file."""

    video_id: str
    name: str
    #: At the object store; it holds no key, and a signature that is valid for this file alone.
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


class VideoPage(BaseModel):
    """Some videos, and the cursor of the next page."""

    items: list[VideoOut]
    next: str | None


class AttemptsOut(BaseModel):
    """Some attempts of a video, the first one first, and the cursor of the next page."""

    items: list[AttemptOut]
    next: str | None
