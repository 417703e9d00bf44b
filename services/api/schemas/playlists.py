"""Shapes of playlists, as they are submitted and as they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.api.http.parameters import STORABLE
from services.api.schemas.operations import HeldUpOut
from services.api.schemas.progress import FailureOut, ProgressOut
from shared.untrusted.bounds import MAX_ADDRESS, MAX_ENTRIES
from shared.untrusted.text import TRIMMED

PlaylistStateName = Literal["accepted", "expanding", "expanded", "waiting", "refused"]
ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,40}$")]
#: Judged by `playlist_address`, as messages and the command line are.
PlaylistText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ADDRESS), TRIMMED, STORABLE]


class PlaylistIn(BaseModel):
    """A playlist to collect."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: PlaylistText = Field(
        description="Address of a playlist, channel or video; an id of one, @name or ytsearch20:words will do.",
        examples=["https://www.youtube.com/playlist?list=PLxxxxxxxxxxxx"],
    )
    profiles: Annotated[list[ProfileName], Field(min_length=1, max_length=8)] | None = Field(
        None,
        description="What is stored of each new video, the main one first; absent: what the scrapers are set to.",
        examples=[["mp3-320", "wav-16k-mono"]],
    )
    limit: Annotated[int, Field(ge=1, le=MAX_ENTRIES)] | None = Field(
        None, description="Only so many of its first entries; absent: all."
    )
    priority: Literal["normal", "high"] = Field(
        "normal",
        description="high: its new videos are fetched beside those of the long normal queue, not after them. It "
        "needs a key of scope admin.",
    )


class PlaylistOut(BaseModel):
    """A playlist without its counts."""

    id: str
    url: str
    state: PlaylistStateName
    title: str | None
    channel: str | None
    submitted_at: datetime
    #: Entries the last listing has seen, and how many there are by the source's own account; null: it does not say.
    found: int
    expected: int | None
    #: What the last listing left out on purpose, a sentence each.
    left_out: list[str]
    failure: FailureOut | None
    #: When it is listed again, or may be at the earliest: after a failure, or because it was listed lately.
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
    #: Why nothing moves, if some of it is yet to be asked for and something keeps work waiting.
    held_up: list[HeldUpOut]


class PlaylistPage(BaseModel):
    """Some playlists, and the cursor of the next page."""

    items: list[PlaylistListedOut]
    next: str | None


class PlaylistEndedOut(BaseModel):
    """What was done with a playlist and its videos."""

    action: Literal["abandon", "delete"]
    id: str
    #: Videos that were given up, or deleted, with it.
    videos: int
    #: Whether the same request would find more.
    more: bool
