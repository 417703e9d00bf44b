"""Shapes that tell how far a set of videos is, and why something did not work."""

from __future__ import annotations

from pydantic import BaseModel

from shared.contracts.reasons import ReasonCode


class FailureOut(BaseModel):
    """Why something did not work."""

    failure_class: str
    reason: ReasonCode
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
