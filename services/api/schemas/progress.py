"""Schemas of progress and of failures."""

from __future__ import annotations

from pydantic import BaseModel

from shared.contracts.reasons import ReasonCode


class FailureOut(BaseModel):
    """Why an attempt failed."""

    failure_class: str
    reason: ReasonCode
    detail: str


class CountsOut(BaseModel):
    """Numbers of videos by state."""

    queued: int
    running: int
    waiting: int
    stored: int
    abandoned: int


class ProgressOut(BaseModel):
    """The progress of a set of videos."""

    counts: CountsOut
    #: The length of all videos, as far as their sources report it.
    found_hours: float
    stored_hours: float
    mirrored_hours: float
    stored_bytes: int
    #: Videos with a verified copy in the mirror; and whether a mirror is in use, that is, holds any.
    mirrored: int
    mirroring: bool
