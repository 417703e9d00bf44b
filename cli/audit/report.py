"""The result of an audit: counts, and what breaks the promise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cli.audit.rules import Violation
from shared.catalog.documents import VideoState


@dataclass
class AuditReport:
    """What an audit found. Its fields are those of --json."""

    at: datetime
    #: The version of the catalog: see `fonoteca migrate`.
    catalog_version: int = 0
    violations: list[Violation] = field(default_factory=list)
    #: Violations that end by themselves, at a known time.
    exceptions: list[Violation] = field(default_factory=list)
    #: Videos by state.
    states: dict[str, int] = field(default_factory=lambda: {state.value: 0 for state in VideoState})
    attempts: int = 0
    objects: int = 0
    blobs: int = 0
    #: Videos stored, but not mirrored yet; None without a mirror.
    mirror_pending: int | None = None
    scrubbed: int = 0
    parked: int = 0
    #: Queue → messages ready.
    queues: dict[str, int] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """The number of all videos."""
        return sum(self.states.values())

    @property
    def ended(self) -> int:
        """The number of videos stored or abandoned."""
        return self.states[VideoState.STORED] + self.states[VideoState.ABANDONED]
