"""Shapes of reasons and of what a person decides about them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from services.api.http.parameters import Moment, Text
from shared.contracts.reasons import CODE_PATTERN, ReasonCode


class ReasonOut(BaseModel):
    """How many videos are not stored for one reason."""

    reason: ReasonCode
    failure_class: str
    #: Those that are tried again, and those given up.
    open: int
    abandoned: int
    #: First failure of the oldest.
    oldest: datetime
    #: When the next is tried again; null if none waits for a time.
    next_due: datetime | None
    #: Playlists that are not listed for it.
    playlists: int


class ReasonsOut(BaseModel):
    """All reasons, the most frequent first."""

    items: list[ReasonOut]


class DecisionIn(BaseModel):
    """What is to be done with which videos: all that is given must fit."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["retry", "abandon", "delete"]
    video: Text | None = None
    reason: Annotated[ReasonCode, StringConstraints(pattern=CODE_PATTERN)] | None = None
    playlist: Text | None = None
    #: Only those that last failed at or after this moment.
    since: Moment | None = None


class DecisionOut(BaseModel):
    """What was done."""

    action: str
    videos: int
    #: Tried again by reason, playlists that failed for it are listed again too.
    playlists: int
    #: Whether the same request would find more.
    more: bool
