"""What keeps in a store what a person deleted, in words for whoever has to do something about it."""

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
    """One reason why something is still there."""

    #: One of REASONS.
    reason: str
    #: What keeps it, and what to do.
    detail: str
    #: When it ends by itself; None: never, or nobody knows.
    until: datetime | None = None


class Obstacles:
    """The obstacles met on the way, each once, however many versions it keeps."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], datetime | None] = {}

    def add(self, reason: str, detail: str, until: datetime | None = None) -> None:
        """One more. Of the same obstacle the latest end counts."""
        known = self._until.get((reason, detail))
        latest = max(known, until) if known is not None and until is not None else known or until
        self._until[reason, detail] = latest

    def found(self) -> list[Obstacle]:
        """All of them, in the order in which they were met."""
        return [Obstacle(reason, detail, until) for (reason, detail), until in self._until.items()]


@dataclass
class Left:
    """What a store still has below a prefix."""

    #: That everybody who may read sees, and that is found under its version or snapshot only.
    current: int = 0
    versions: int = 0
    #: Of S3: marks of a deletion, which have a name and no content.
    markers: int = 0
    #: Uploads and blocks that were begun and never ended.
    unfinished: int = 0
    #: Of Azure: what somebody may bring back.
    soft_deleted: int = 0
    #: Why not everything could be looked at; None: it was.
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
    """Refuse a prefix that could be the beginning of another video's folder. Raises ValueError."""
    if not prefix.endswith("/") or not prefix.strip("/"):
        raise ValueError(f"only a folder is erased, and {prefix!r} is none")
