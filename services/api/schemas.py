"""The shapes of HTTP answers. They are not the message contracts, nor the documents of the catalog."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from services.api.inputs import STORABLE, Text

StateName = Literal["queued", "running", "waiting", "stored", "abandoned"]
PlaylistStateName = Literal["accepted", "expanding", "expanded", "waiting", "refused"]
ScopeName = Literal["read", "submit", "admin"]
ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,40}$")]


class ProblemOut(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class SessionIn(BaseModel):
    """Somebody signs in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: Annotated[str, StringConstraints(min_length=1, max_length=300), STORABLE] = Field(
        description="A key: `fonoteca keys create` makes one.",
    )


class SessionOut(BaseModel):
    """A session of the dashboard."""

    #: Of the key.
    name: str
    scope: ScopeName
    #: To be sent in X-CSRF-Token with everything that changes something.
    csrf: str
    expires_at: datetime


class PlaylistIn(BaseModel):
    """A playlist to collect."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Annotated[str, StringConstraints(min_length=1, max_length=2048), STORABLE] = Field(
        description="http(s) address of a playlist or video, or the bare id of a YouTube playlist.",
        examples=["https://www.youtube.com/playlist?list=PLxxxxxxxxxxxx"],
    )
    profiles: Annotated[list[ProfileName], Field(min_length=1, max_length=8)] | None = Field(
        None,
        description="What is stored of each new video, the main one first; absent: what the scrapers are set to.",
        examples=[["mp3-320", "wav-16k-mono"]],
    )
    limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="Only so many of its first entries; absent: all."
    )
    priority: Literal["normal", "high"] = Field(
        "normal", description="high: its new videos are fetched beside those of the long normal queue, not after them."
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
    #: Of all videos, as far as their sources say.
    found_hours: float
    stored_hours: float
    mirrored_hours: float
    stored_bytes: int
    #: Videos with a verified copy in the mirror; and whether there is a mirror: whether anything ever got there.
    mirrored: int
    mirroring: bool


class PlaylistOut(BaseModel):
    """A playlist without its counts."""

    id: str
    url: str
    state: PlaylistStateName
    title: str | None
    channel: str | None
    submitted_at: datetime
    #: Entries the last listing has seen.
    found: int
    failure: FailureOut | None
    retry_at: datetime | None
    #: As asked for with its last submission.
    profiles: list[str] | None
    limit: int | None
    priority: Literal["normal", "high"]


class PlaylistListedOut(PlaylistOut):
    """A playlist in a list, with its counts if they were asked for."""

    progress: ProgressOut | None


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

    items: list[PlaylistListedOut]
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
    video: Text | None = None
    reason: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")] | None = None
    playlist: Text | None = None
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

    name: Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True), STORABLE] = Field(
        description="For people: whose it is, what for.", examples=["radio team"]
    )
    scope: ScopeName
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        None, description="For how many days it is valid; absent: until it is revoked."
    )


class KeyOut(BaseModel):
    """A key, as far as it may be told."""

    id: str
    name: str
    scope: ScopeName
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


class HourOut(BaseModel):
    """What happened within one hour."""

    hour: datetime
    #: Videos stored, and hours of sound.
    videos: int
    hours: float
    #: Attempts that failed.
    failed: int


class QueueOut(BaseModel):
    """A queue of work."""

    queue: str
    #: Messages that wait in it; null while the broker is away.
    messages: int | None
    #: Since when the oldest waits of what the queue stands for.
    oldest_at: datetime | None


class DueOut(BaseModel):
    """Videos that wait for a time within one step from now."""

    label: Literal["overdue", "1 min", "10 min", "1 h", "6 h", "1 day", "later"]
    until: datetime | None
    videos: int


class ConcernOut(BaseModel):
    """Something that does not mend itself."""

    what: str
    count: int
    kind: Literal["parked", "refused-playlists", "reason", "breaker"]
    #: Of what did not work.
    reason: str | None


class OverviewOut(BaseModel):
    """What people look at first."""

    version: str
    playlists: int
    progress: ProgressOut
    #: 24 hours, the oldest first.
    throughput: list[HourOut]
    queues: list[QueueOut]
    #: Seven steps, the soonest first.
    retries_due: list[DueOut]
    breakers: list[BreakerOut]
    needs_a_person: list[ConcernOut]


class MirrorStatusOut(BaseModel):
    """How much of what is stored has its verified copy."""

    stored: int
    mirrored: int
    waiting: int
    oldest_waiting_at: datetime | None


class HappeningOut(BaseModel):
    """Something that happened: the data of `happened` in /v1/events."""

    type: str
    at: datetime | None
    video: str | None
    #: Of a listing that failed.
    playlist: str | None
    #: Those that it concerns.
    playlists: list[str]
    title: str | None
    reason: str | None


class RunningOut(BaseModel):
    """A video in work."""

    id: str
    title: str | None
    since: datetime


class ScoreOut(BaseModel):
    """How far things are: the data of `progress` in /v1/events."""

    progress: ProgressOut
    running: list[RunningOut]
    #: The one that was asked for.
    playlist: PlaylistOut | None
