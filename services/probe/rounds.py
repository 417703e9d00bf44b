"""What is done now and then: roll-ups, and the deletion of what is old."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.measurements.hours import forget_measurements, roll_up_due
from shared.catalog.measurements.usual import rates
from shared.catalog.operations.locks import acquire_lock
from shared.logs import logger

log = logger(__name__)

#: Seconds for which one replica does it: longer than a round takes. Two at once would be harmless.
LOCK_SECONDS = 120


@dataclass(frozen=True)
class Rounds:
    """The rounds of one replica."""

    catalog: Catalog
    keep_days: int
    owner: str

    async def round(self) -> None:
        """Roll up the hours that have new measurements, compare them, and delete what is kept no longer.

        Raises a CatalogError.
        """
        if not await acquire_lock(self.catalog, "measurements", self.owner, LOCK_SECONDS):
            # Another replica tells it now.
            metrics.SLOWEST_SHARE.set(1)
            return
        before = await self.catalog.now() - timedelta(days=self.keep_days)
        metrics.ROLLED_UP_HOURS.inc(await roll_up_due(self.catalog, before))
        shares = [rate.share for rate in await rates(self.catalog)]
        metrics.SLOWEST_SHARE.set(min((share for share in shares if share is not None), default=1.0))
        if deleted := await forget_measurements(self.catalog, before):
            log.info("measurements.deleted", number=deleted, before=before.isoformat())
            metrics.DELETED_MEASUREMENTS.inc(deleted)
