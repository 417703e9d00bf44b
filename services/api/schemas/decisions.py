"""Schemas of reasons and of a person's decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.api.schemas.fields import Moment, Text
from shared.contracts.reasons import CODE_PATTERN, ReasonCode


class ReasonOut(BaseModel):
    """The videos that are not stored for one reason."""

    reason: ReasonCode
    failure_class: str
    #: Videos that will be retried, and abandoned ones.
    open: int
    abandoned: int
    #: When the oldest of them first failed.
    oldest: datetime
    #: When the next of them is retried; null if none waits for a time.
    next_due: datetime | None
    #: Playlists that could not be listed for this reason.
    playlists: int


class ReasonsOut(BaseModel):
    """All reasons, the most frequent first."""

    items: list[ReasonOut]


class DecisionIn(BaseModel):
    """A decision about the videos that match everything given."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["retry", "abandon", "delete"]
    video: Text | None = None
    reason: Annotated[ReasonCode, StringConstraints(pattern=CODE_PATTERN)] | None = None
    playlist: Text | None = None
    #: Only videos that last failed at or after this time.
    since: Moment | None = None


class DecisionOut(BaseModel):
    """The result of a decision."""

    action: str
    videos: int
    #: Playlists that are listed again: a retry by reason includes those that failed for it.
    playlists: int
    #: Whether repeating the request would change more.
    more: bool
