"""Checks that deleted videos are gone from all stores: old versions, snapshots and soft-deleted blobs included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cli.audit.rules import Repair, Violation
from shared.catalog.documents import Video
from shared.storage.keys import folder_of
from shared.storage.obstacles import Left
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget
from shared.storage.targets import place_of


@dataclass
class Deletions:
    """Checks all stores, and records what it was not allowed to see."""

    store: ObjectStore
    targets: Sequence[MirrorTarget]
    _unseen: dict[str, str] = field(default_factory=dict)

    async def left_of(self, video: Video) -> list[Violation]:
        """Return a violation for each store that still has something of a video whose purge was recorded."""
        folder = folder_of(video["_id"])
        found = self._violations(video, f"bucket {self.store.bucket}", await self.store.left_below(folder))
        for target in self.targets:
            found += self._violations(video, place_of(target), await target.left_below(folder))
        return found

    def unseen(self) -> list[Violation]:
        """Return a violation for each store that hides something: there, no deletion is proven."""
        return [Violation("deletions-unseen", place, detail) for place, detail in self._unseen.items()]

    def _violations(self, video: Video, place: str, left: Left) -> list[Violation]:
        if left.unseen is not None:
            self._unseen[place] = left.unseen
        if not left:
            return []
        detail = f"it was deleted, and {place} still has {left} of it"
        return [Violation("deleted-but-there", video["_id"], detail, Repair.PURGE)]
