"""Checks that deleted videos are gone from both stores: old versions, snapshots and soft-deleted blobs included."""

from __future__ import annotations

from dataclasses import dataclass, field

from cli.audit.rules import Repair, Violation
from shared.catalog.documents import Video
from shared.storage.azure.blobs import BlobMirror
from shared.storage.keys import folder_of
from shared.storage.objects import ObjectStore
from shared.storage.obstacles import Left


@dataclass
class Deletions:
    """Checks both stores, and records what it was not allowed to see."""

    store: ObjectStore
    mirror: BlobMirror | None
    _unseen: dict[str, str] = field(default_factory=dict)

    async def left_of(self, video: Video) -> list[Violation]:
        """Return a violation for each store that still has something of a video whose purge was recorded."""
        folder = folder_of(video["_id"])
        found = self._violations(video, f"bucket {self.store.bucket}", await self.store.left_below(folder))
        if self.mirror is not None:
            found += self._violations(video, f"container {self.mirror.container}", await self.mirror.left_below(folder))
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
