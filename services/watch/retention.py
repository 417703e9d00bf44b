"""Deletes the recordings that their followed sources keep no longer. One replica at a time does so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.watch.settings import WatchSettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.operations.locks import acquire_lock
from shared.catalog.operator.retention import delete_expired, sources_with_retention
from shared.logs import logger

log = logger(__name__)

#: Recordings that are deleted between two questions whether this replica still holds the lock.
BATCH = 500
#: Seconds for which the lock is held for one batch.
LOCK_SECONDS = 300


@dataclass(frozen=True)
class Retainer:
    """The deletion of one replica."""

    catalog: Catalog
    settings: WatchSettings
    owner: str

    async def delete(self) -> int:
        """Delete what is kept no longer, of each source. Returns how many recordings. Raises Unavailable.

        The sync service then removes the objects from both stores.
        """
        grace = timedelta(seconds=self.settings.retention_grace_seconds)
        total = 0
        for source in await sources_with_retention(self.catalog, await self.catalog.now() - grace):
            deleted = [""] * BATCH
            while len(deleted) == BATCH:
                if not await acquire_lock(self.catalog, "retention", self.owner, LOCK_SECONDS):
                    return total
                deleted = await delete_expired(self.catalog, source, BATCH)
                metrics.EXPIRED_RECORDINGS.inc(len(deleted))
                total += len(deleted)
                if deleted:
                    log.info("source.expired", source=source["_id"], recordings=len(deleted))
        return total
