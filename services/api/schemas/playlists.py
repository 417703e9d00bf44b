"""Schemas of playlists and of their submission."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.api.schemas.fields import STORABLE, with_types_of_json
from services.api.schemas.operations import HeldUpOut
from services.api.schemas.progress import FailureOut, ProgressOut
from shared.filters import Filters
from shared.untrusted.bounds import MAX_ADDRESS, MAX_ENTRIES
from shared.untrusted.text import TRIMMED

PlaylistStateName = Literal["accepted", "expanding", "expanded", "waiting", "refused"]
ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{1,40}$")]
#: Parsed by `playlist_address`, as in messages and on the command line.
PlaylistText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ADDRESS), TRIMMED, STORABLE]


FiltersIn = Annotated[Filters, with_types_of_json(Filters)]


class PlaylistIn(BaseModel):
    """A submission."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: PlaylistText = Field(
        description="The address of a playlist, channel or video; an id, @name or ytsearch20:words also works.",
        examples=["https://www.youtube.com/playlist?list=PLxxxxxxxxxxxx"],
    )
    profiles: Annotated[list[ProfileName], Field(min_length=1, max_length=8)] | None = Field(
        None,
        description="What is stored of each new video, the main profile first; absent: the scrapers' setting.",
        examples=[["mp3-320", "wav-16k-mono"]],
    )
    limit: Annotated[int, Field(ge=1, le=MAX_ENTRIES)] | None = Field(
        None, description="Only this number of its first entries; absent: all."
    )
    priority: Literal["normal", "high"] = Field(
        "normal",
        description="high: its new videos do not wait behind those of the normal queue. Needs a key of scope admin.",
    )
    filters: FiltersIn | None = Field(None, description="Which entries are taken; absent: all.")


class PlaylistOut(BaseModel):
    """A playlist without its counts."""

    id: str
    url: str
    state: PlaylistStateName
    title: str | None
    channel: str | None
    submitted_at: datetime
    #: Entries that the last listing found, and the number that the source reports; null: it reports none.
    found: int
    expected: int | None
    #: Of a followed list: videos that it no longer lists, and when that was last found. What is stored of them stays.
    departed: int
    departed_at: datetime | None
    #: What the last listing left out on purpose, one sentence each.
    left_out: list[str]
    failure: FailureOut | None
    #: When it is listed again, at the earliest: after a failure, or because it was listed recently.
    retry_at: datetime | None
    #: The options of its last submission.
    profiles: list[str] | None
    limit: int | None
    priority: Literal["normal", "high"]
    filters: dict[str, Any] | None


class PlaylistListedOut(PlaylistOut):
    """A playlist in a list; its counts are null unless they were asked for."""

    progress: ProgressOut | None


class PlaylistDetailOut(PlaylistOut):
    """A playlist with its counts."""

    progress: ProgressOut
    #: Why its work waits; empty if nothing is left to do, or nothing keeps it waiting.
    held_up: list[HeldUpOut]


class PlaylistPage(BaseModel):
    """A page of playlists, and the cursor of the next page."""

    items: list[PlaylistListedOut]
    next: str | None


class PlaylistEndedOut(BaseModel):
    """The result of abandoning or deleting a playlist."""

    action: Literal["abandon", "delete"]
    id: str
    #: Videos that were abandoned or deleted with it.
    videos: int
    #: Whether repeating the request would change more.
    more: bool
