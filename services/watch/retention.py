"""Deletes the recordings that their followed sources keep no longer. One replica at a time does so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.watch.settings import WatchSettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.operations.locks import acquire_lock
from shared.catalog.operator.retention import (
    Followers,
    delete_expired,
    deleting_by_themselves,
    expired_recordings,
    followers,
)
from shared.logs import logger

log = logger(__name__)

#: Recordings that are deleted between two questions whether this replica still holds the lock.
BATCH = 100
#: Seconds for which the lock is held: far longer than one batch takes.
LOCK_SECONDS = 600


@dataclass(frozen=True)
class Retainer:
    """The deletion of one replica."""

    catalog: Catalog
    settings: WatchSettings
    owner: str

    async def delete(self) -> int:
        """Delete what is kept no longer, of each source. Returns how many recordings. Raises Unavailable.

        The sync service then removes the objects from all stores.
        """
        total = 0
        grace = timedelta(seconds=self.settings.retention_grace_seconds)
        known = await followers(self.catalog, await self.catalog.now() - grace)
        for source in deleting_by_themselves(known):
            if not await self._locked():
                break
            total += await self._delete(source, known)
        return total

    async def _delete(self, source: Source, known: Followers) -> int:
        found = await expired_recordings(self.catalog, source, known)
        total = 0
        for start in range(0, len(found), BATCH):
            if not await self._locked():
                break
            deleted = await delete_expired(self.catalog, source, found[start : start + BATCH])
            metrics.EXPIRED_RECORDINGS.inc(len(deleted))
            total += len(deleted)
            log.info("source.expired", source=source["_id"], recordings=len(deleted))
            if not deleted:
                # A person has changed the source meanwhile, or another replica was faster.
                break
        return total

    async def _locked(self) -> bool:
        return await acquire_lock(self.catalog, "retention", self.owner, LOCK_SECONDS)
