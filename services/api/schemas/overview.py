"""Shapes of what people look at first."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.api.schemas.operations import BreakerOut, BudgetOut, HeldUpOut
from services.api.schemas.progress import ProgressOut


class StatusOut(BaseModel):
    """The whole archive."""

    version: str
    #: Which shapes the catalog's documents have: see `fonoteca migrate`.
    catalog_version: int
    playlists: int
    progress: ProgressOut
    #: Why nothing moves, if something keeps work waiting.
    held_up: list[HeldUpOut]


class HourOut(BaseModel):
    """What happened within one hour."""

    hour: datetime
    #: Videos stored, and hours of sound.
    videos: int
    hours: float
    #: Attempts that failed.
    failed: int


class QueueOut(BaseModel):
    """A queue of work."""

    queue: str
    #: Messages that wait in it; null while the broker is away.
    messages: int | None
    #: Since when the oldest waits of what the queue stands for.
    oldest_at: datetime | None


class DueOut(BaseModel):
    """Videos that wait for a time within one step from now."""

    label: Literal["overdue", "1 min", "10 min", "1 h", "6 h", "1 day", "later"]
    until: datetime | None
    videos: int


class ConcernOut(BaseModel):
    """Something that does not mend itself."""

    what: str
    count: int
    kind: Literal["parked", "refused-playlists", "reason", "breaker", "kept"]
    #: Of what did not work.
    reason: str | None


class OverviewOut(BaseModel):
    """What people look at first."""

    version: str
    #: Which shapes the catalog's documents have: see `fonoteca migrate`.
    catalog_version: int
    playlists: int
    progress: ProgressOut
    #: 24 hours, the oldest first.
    throughput: list[HourOut]
    queues: list[QueueOut]
    #: Seven steps, the soonest first.
    retries_due: list[DueOut]
    breakers: list[BreakerOut]
    budgets: list[BudgetOut]
    needs_a_person: list[ConcernOut]
