"""Schemas of the data of server-sent events. Their class names are part of the OpenAPI document."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from services.api.schemas.playlists import PlaylistOut
from services.api.schemas.progress import ProgressOut
from shared.contracts.reasons import ReasonCode


class HappeningOut(BaseModel):
    """Something that happened: the data of an event `happened` in /v1/events."""

    type: str
    at: datetime | None
    video: str | None
    #: The playlist whose listing failed; null for other events.
    playlist: str | None
    #: The playlists that it concerns.
    playlists: list[str]
    title: str | None
    reason: ReasonCode | None


class RunningOut(BaseModel):
    """A running video."""

    id: str
    title: str | None
    since: datetime


class ScoreOut(BaseModel):
    """Progress of a playlist or the archive: the data of an event `progress` in /v1/events."""

    progress: ProgressOut
    running: list[RunningOut]
    #: The playlist that was asked for; null for the whole archive.
    playlist: PlaylistOut | None
