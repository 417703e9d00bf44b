"""The report of a reconciliation."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from shared import metrics
from shared.logs import logger

log = logger(__name__)

#: Names kept of one kind.
NAMES_KEPT = 10_000


@dataclass
class Names:
    """Names of one kind: how many, and the first of them, so that memory does not grow with what is wrong."""

    number: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count one more name."""
        self.number += 1
        if len(self.first) < NAMES_KEPT:
            self.first.append(name)


@dataclass
class ReconciliationReport:
    """What a reconciliation saw and did. With `dry`, what it would have done."""

    #: The target of the mirror that was compared.
    target: str = ""
    #: Whether it continued an interrupted one, so that it saw only the rest.
    resumed: bool = False
    #: Names compared, and how many of them the container has.
    compared: int = 0
    blobs: int = 0
    #: Copied, because they were missing; copied again, because they were something else.
    missing: Names = field(default_factory=Names)
    stale: Names = field(default_factory=Names)
    #: Deleted, because neither the catalog nor the bucket has them.
    orphaned: Names = field(default_factory=Names)
    #: Left, or written again, of what a person deleted.
    deleted: Names = field(default_factory=Names)
    #: In the catalog and in the container, but no longer in the bucket.
    lost: Names = field(default_factory=Names)
    #: Whether there were so many orphaned ones that they were left.
    orphans_left: bool = False
    #: Uploads of processes that died, which were ended.
    unfinished: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values, for scripts."""
        return asdict(self)

    @property
    def touched(self) -> int:
        """How many names were copied or deleted."""
        return self.missing.number + self.stale.number + self.orphaned.number + self.deleted.number

    def publish(self) -> None:
        """Count the report in the metrics, and log it if something was wrong."""
        for kind, names in (("missing", self.missing), ("stale", self.stale), ("orphaned", self.orphaned)):
            metrics.MIRROR_SWEPT.labels(kind).inc(names.number)
        if not self.resumed or self.lost.number:
            metrics.MIRROR_LOST.labels(self.target).set(self.lost.number)
        if self.touched or self.lost.number:
            log.warning(
                "reconcile.found",
                target=self.target,
                compared=self.compared,
                missing=self.missing.number,
                stale=self.stale.number,
                orphaned=self.orphaned.number,
                orphans_left=self.orphans_left,
                deleted=self.deleted.number,
                lost=self.lost.number,
            )
