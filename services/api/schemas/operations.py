"""Schemas for operators: parked messages, breakers, budgets, the mirror."""

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
    #: As text; if `cut`, only its beginning: /v1/parked/{id}/body has all that was kept.
    body: str
    cut: bool


class ParkedPage(BaseModel):
    """A page of parked messages, and the cursor of the next page."""

    items: list[ParkedOut]
    next: str | None


class BreakerOut(BaseModel):
    """Whether an egress takes work, and if not, why and until when."""

    egress: str
    kind: Literal["egress", "storage"]
    #: The source that it protects: youtube, or a host; null for kind storage.
    source: str | None
    state: Literal["closed", "open", "half-open"]
    reason: ReasonCode | None
    detail: str | None
    since: datetime
    #: When one video is tried; null while closed, and while only a person can resume it.
    until: datetime | None
    rest_seconds: float
    scraper: str


class BudgetOut(BaseModel):
    """The requests that an egress may make to a source within an hour. Media downloads are not counted."""

    egress: str
    source: str
    budget: int
    #: Requests of the last hour, including those that are reserved but not made yet.
    spent: int
    #: When the next request is allowed; null: now.
    free_at: datetime | None


class HeldUpOut(BaseModel):
    """Why work waits although nothing is wrong with it."""

    egress: str
    #: The source that gets no requests; null: all of them, because storage fails.
    source: str | None
    #: The reason of a breaker; `budget`: it is spent; `share`: that of one submitter is spent.
    why: str
    detail: str
    #: When work continues; null: when the current attempt succeeds, or a person resumes it.
    until: datetime | None


class BreakersOut(BaseModel):
    """All breakers, and the budgets of all egresses."""

    items: list[BreakerOut]
    budgets: list[BudgetOut]


class MirrorStatusOut(BaseModel):
    """How many stored videos have a verified copy."""

    stored: int
    mirrored: int
    waiting: int
    oldest_waiting_at: datetime | None
