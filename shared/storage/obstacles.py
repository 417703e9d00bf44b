"""Obstacles that keep deleted videos in a store, described for the person who can remove them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

RETENTION = "retention"
LEGAL_HOLD = "legal-hold"
IMMUTABILITY_POLICY = "immutability-policy"
SOFT_DELETE = "soft-delete"
MFA_DELETE = "mfa-delete"
LEASE = "lease"
RIGHTS = "rights"
MIRROR_OFF = "mirror-off"
REFUSED = "refused"
UNREACHABLE = "unreachable"
#: All of them, for counting.
REASONS = (
    RETENTION,
    LEGAL_HOLD,
    IMMUTABILITY_POLICY,
    SOFT_DELETE,
    MFA_DELETE,
    LEASE,
    RIGHTS,
    MIRROR_OFF,
    REFUSED,
    UNREACHABLE,
)


@dataclass(frozen=True)
class Obstacle:
    """One reason why a store keeps something."""

    #: One of REASONS.
    reason: str
    #: What keeps the objects, and what to do.
    detail: str
    #: When it expires; None: never, or unknown.
    until: datetime | None = None


class Obstacles:
    """The obstacles found, each once, however many versions it keeps."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], datetime | None] = {}

    def add(self, reason: str, detail: str, until: datetime | None = None) -> None:
        """Add one. If the obstacle is known, the later end counts."""
        known = self._until.get((reason, detail))
        latest = max(known, until) if known is not None and until is not None else known or until
        self._until[reason, detail] = latest

    def found(self) -> list[Obstacle]:
        """Return all of them, in the order in which they were met."""
        return [Obstacle(reason, detail, until) for (reason, detail), until in self._until.items()]


@dataclass
class Left:
    """The numbers of objects that a store still has below a prefix, by kind."""

    #: Objects that every reader sees; and those that are only readable by a version or snapshot id.
    current: int = 0
    versions: int = 0
    #: Delete markers (S3), which have a name and no content.
    markers: int = 0
    #: Uploads and blocks that were begun and never completed.
    unfinished: int = 0
    #: Soft-deleted blobs (Azure), which somebody may restore.
    soft_deleted: int = 0
    #: Why the listing is incomplete; None: it is complete.
    unseen: str | None = None

    def __bool__(self) -> bool:
        return any((self.current, self.versions, self.markers, self.unfinished, self.soft_deleted))

    def __str__(self) -> str:
        counts = {
            "object": self.current,
            "old version": self.versions,
            "delete marker": self.markers,
            "unfinished upload": self.unfinished,
            "soft-deleted blob": self.soft_deleted,
        }
        return ", ".join(f"{number} {what}{'s' if number > 1 else ''}" for what, number in counts.items() if number)


def must_be_a_folder(prefix: str) -> None:
    """Raise ValueError for a prefix that could be the beginning of another video's folder."""
    if not prefix.endswith("/") or not prefix.strip("/"):
        raise ValueError(f"only a folder can be erased, and {prefix!r} is not one")
