"""Shapes of what operators look at: parked messages, breakers, the mirror."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from shared.contracts.reasons import ReasonCode


class ParkedOut(BaseModel):
    """A message that no code could process."""

    id: str
    queue: str
    reason: str
    parked_at: datetime
    size_bytes: int
    #: As text; where `cut`, only its beginning: /v1/parked/{id}/body has what was kept of it.
    body: str
    cut: bool


class ParkedPage(BaseModel):
    """Some parked messages, and the cursor of the next page."""

    items: list[ParkedOut]
    next: str | None


class BreakerOut(BaseModel):
    """Whether a scraper takes work, and if not, why and until when."""

    egress: str
    kind: Literal["egress", "storage"]
    #: Which source refuses it, of the kind egress: youtube, or a host. Null of storage.
    source: str | None
    state: Literal["closed", "open", "half-open"]
    reason: ReasonCode | None
    detail: str | None
    since: datetime
    #: When one video is tried; null while closed, and while only a person can end the rest.
    until: datetime | None
    rest_seconds: float
    scraper: str


class BudgetOut(BaseModel):
    """The requests of an hour that an egress may ask of a source, media not counted."""

    egress: str
    source: str
    budget: int
    #: Of the last hour, with those that are reserved and not made yet.
    spent: int
    #: When it may ask again; null: now.
    free_at: datetime | None


class HeldUpOut(BaseModel):
    """Why work waits though nothing is wrong with it."""

    egress: str
    #: Which source is not asked; null: all of them, since the storage takes nothing.
    source: str | None
    #: The reason for which it rests, `budget`, or `share`: of one submitter.
    why: str
    detail: str
    #: When it goes on; null: when something that is tried now was served, or a person resumes it.
    until: datetime | None


class BreakersOut(BaseModel):
    """All breakers, and the budgets of all egresses."""

    items: list[BreakerOut]
    budgets: list[BudgetOut]


class MirrorStatusOut(BaseModel):
    """How much of what is stored has its verified copy."""

    stored: int
    mirrored: int
    waiting: int
    oldest_waiting_at: datetime | None
