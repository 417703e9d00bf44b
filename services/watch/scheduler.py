"""Requests the looks that are due. Any number of replicas may do so: each look is claimed by one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.watch.settings import WatchSettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.sources.definitions import definition_of
from shared.catalog.sources.identities import forget_stale_same
from shared.catalog.sources.looks import (
    claim_due,
    count_failing,
    count_silent,
    count_sources,
    count_under_way,
    longest_overdue,
)
from shared.contracts import SourceCheckRequested
from shared.contracts.source import Depth
from shared.following.schedule import next_look
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)


@dataclass(frozen=True)
class Scheduler:
    """The scheduler of one replica."""

    catalog: Catalog
    publisher: Publisher
    settings: WatchSettings
    rng: random.Random

    async def request_due(self) -> int:
        """Request the looks that are due, as many as may be under way. Returns how many. Raises Unavailable."""
        await forget_stale_same(self.catalog)
        free = self.settings.at_once - await count_under_way(self.catalog)
        claimed = await claim_due(self.catalog, free, self.settings.answer_seconds) if free > 0 else []
        # If the process dies before this, the claim ends by itself, and the look is requested again.
        await self.publisher.publish_many([self.request_for(source) for source in claimed])
        metrics.LOOKS_REQUESTED.inc(len(claimed))
        return len(claimed)

    async def count(self) -> None:
        """Count the sources that need a person, for the metrics. Raises Unavailable."""
        metrics.LOOKS_OVERDUE_SECONDS.set(await longest_overdue(self.catalog))
        metrics.SOURCES.set(await count_sources(self.catalog))
        metrics.SILENT_SOURCES.set(await count_silent(self.catalog))
        metrics.FAILING_SOURCES.set(await count_failing(self.catalog))

    def request_for(self, source: Source) -> SourceCheckRequested:
        """The request for the look that was claimed."""
        return SourceCheckRequested(
            source=source["_id"],
            url=source["url"],
            look=source["look"],
            depth=self._depth(source),
        )

    def _depth(self, source: Source) -> Depth:
        now = source["asked_at"]
        if source.get("full_next") or _is_older(
            source.get("full_at", source["created_at"]), now, self.settings.full_seconds
        ):
            return Depth.FULL
        listed = source.get("listed_at")
        if listed is not None and _is_older(listed, now, self.settings.list_seconds):
            return Depth.LIST
        return Depth.ANY

    def next_due(self, source: Source, now: datetime, published: Sequence[datetime]) -> datetime:
        """When a source is looked at after a look that ended now."""
        schedule = definition_of(source).schedule
        return next_look(schedule, now, tuple(published), self.rng, source["failures"])


def _is_older(moment: datetime, now: datetime, seconds: float) -> bool:
    return moment < now - timedelta(seconds=seconds)
