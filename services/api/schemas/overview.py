"""Schemas of the overview and of the status."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from services.api.schemas.operations import BreakerOut, BudgetOut, HeldUpOut
from services.api.schemas.progress import ProgressOut


class StatusOut(BaseModel):
    """The counts of the archive."""

    version: str
    #: The version of the catalog's documents: see `fonoteca migrate`.
    catalog_version: int
    playlists: int
    progress: ProgressOut
    #: Why work waits; empty if nothing keeps it waiting.
    held_up: list[HeldUpOut]


class HourOut(BaseModel):
    """The results of one hour."""

    hour: datetime
    #: Videos stored, and hours of audio in them.
    videos: int
    hours: float
    #: Attempts that failed.
    failed: int


class QueueOut(BaseModel):
    """A queue of work."""

    queue: str
    #: Messages that wait in it; null while the broker is unavailable.
    messages: int | None
    #: Since when the oldest document waits that the queue is for; null if none does.
    oldest_at: datetime | None


class DueOut(BaseModel):
    """Waiting videos whose retry is due within one period."""

    label: Literal["overdue", "1 min", "10 min", "1 h", "6 h", "1 day", "later"]
    until: datetime | None
    videos: int


class ConcernOut(BaseModel):
    """A problem that only a person can solve."""

    what: str
    count: int
    kind: Literal["parked", "refused-playlists", "reason", "breaker", "kept"]
    #: The reason of the failures; null for other problems.
    reason: str | None


class OverviewOut(BaseModel):
    """A summary of the archive."""

    version: str
    #: The version of the catalog's documents: see `fonoteca migrate`.
    catalog_version: int
    playlists: int
    progress: ProgressOut
    #: The last 24 hours, the oldest first.
    throughput: list[HourOut]
    queues: list[QueueOut]
    #: Seven periods, the earliest first.
    retries_due: list[DueOut]
    breakers: list[BreakerOut]
    budgets: list[BudgetOut]
    needs_a_person: list[ConcernOut]
