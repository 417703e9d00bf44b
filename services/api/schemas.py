"""The shapes of HTTP answers. They are not the message contracts, nor the documents of the catalog."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

StateName = Literal["queued", "running", "waiting", "stored", "abandoned"]


class ProblemOut(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class PlaylistIn(BaseModel):
    """A playlist to collect."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Annotated[str, StringConstraints(min_length=1, max_length=2048)] = Field(
        description="http(s) address of a playlist or video, or the bare id of a YouTube playlist.",
        examples=["https://www.youtube.com/playlist?list=PLxxxxxxxxxxxx"],
    )


class FailureOut(BaseModel):
    """Why something did not work."""

    failure_class: str
    reason: str
    detail: str


class CountsOut(BaseModel):
    """Videos by state."""

    queued: int
    running: int
    waiting: int
    stored: int
    abandoned: int


class ProgressOut(BaseModel):
    """How far a set of videos is."""

    counts: CountsOut
    stored_hours: float
    stored_bytes: int
    mirrored: int


class PlaylistOut(BaseModel):
    """A playlist without its counts."""

    id: str
    url: str
    state: Literal["accepted", "expanding", "expanded", "waiting", "refused"]
    title: str | None
    channel: str | None
    submitted_at: datetime
    #: Entries the last listing has seen.
    found: int
    failure: FailureOut | None
    retry_at: datetime | None


class PlaylistDetailOut(PlaylistOut):
    """A playlist with its counts."""

    progress: ProgressOut


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


class VideoOut(BaseModel):
    """A video."""

    id: str
    url: str
    title: str | None
    state: StateName
    state_since: datetime
    playlists: list[str]
    attempts: int
    channel: str | None
    duration_seconds: float | None
    upload_date: str | None
    licence: str | None
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
    reason: str | None
    seconds: float
    stages: dict[str, float]


class PlaylistPage(BaseModel):
    """Some playlists, and the cursor of the next page."""

    items: list[PlaylistOut]
    next: str | None


class VideoPage(BaseModel):
    """Some videos, and the cursor of the next page."""

    items: list[VideoOut]
    next: str | None


class AttemptsOut(BaseModel):
    """All attempts of a video, the first one first."""

    items: list[AttemptOut]


class StatusOut(BaseModel):
    """The whole archive."""

    version: str
    playlists: int
    progress: ProgressOut


class ReasonOut(BaseModel):
    """How many videos are not stored for one reason."""

    reason: str
    failure_class: str
    #: Those that are tried again, and those given up.
    open: int
    abandoned: int
    #: First failure of the oldest.
    oldest: datetime
    #: When the next is tried again; null if none waits for a time.
    next_due: datetime | None


class ReasonsOut(BaseModel):
    """All reasons, the most frequent first."""

    items: list[ReasonOut]


class DecisionIn(BaseModel):
    """What is to be done with which videos: all that is given must fit."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["retry", "abandon", "delete"]
    video: Annotated[str, StringConstraints(max_length=300)] | None = None
    reason: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")] | None = None
    playlist: Annotated[str, StringConstraints(max_length=300)] | None = None
    #: Only those that last failed at or after this moment.
    since: AwareDatetime | None = None


class DecisionOut(BaseModel):
    """What was done."""

    action: str
    videos: int
    #: Whether the same request would find more.
    more: bool


class ParkedOut(BaseModel):
    """A message that no code could process."""

    id: str
    queue: str
    reason: str
    parked_at: datetime
    size_bytes: int
    body: str


class ParkedPage(BaseModel):
    """Some parked messages, and the cursor of the next page."""

    items: list[ParkedOut]
    next: str | None


class KeyIn(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)] = Field(
        description="For people: whose it is, what for.", examples=["radio team"]
    )
    scope: Literal["read", "submit", "admin"]
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        None, description="For how many days it is valid; absent: until it is revoked."
    )


class KeyOut(BaseModel):
    """A key, as far as it may be told."""

    id: str
    name: str
    scope: Literal["read", "submit", "admin"]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    #: To the minute; null: never.
    used_at: datetime | None


class NewKeyOut(KeyOut):
    """A key that was just made."""

    #: The key itself; it is told in this answer alone.
    key: str


class KeysOut(BaseModel):
    """All keys."""

    items: list[KeyOut]


class BreakerOut(BaseModel):
    """Whether a scraper takes work, and if not, why and until when."""

    egress: str
    kind: Literal["egress", "storage"]
    state: Literal["closed", "open", "half-open"]
    reason: str | None
    detail: str | None
    since: datetime
    #: When one video is tried; null while closed, and while only a person can end the rest.
    until: datetime | None
    rest_seconds: float
    scraper: str


class BreakersOut(BaseModel):
    """All breakers."""

    items: list[BreakerOut]
