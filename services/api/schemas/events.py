"""Shapes of what is told to whoever listens."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from services.api.schemas.playlists import PlaylistOut
from services.api.schemas.progress import ProgressOut
from shared.contracts.reasons import ReasonCode


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
    reason: ReasonCode | None


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
