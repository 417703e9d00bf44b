"""Follows the stream of events, and adds to each event what the catalog knows of its video."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from services.api.live.live_event import (
    UNKNOWN_VIDEO,
    LiveEvent,
    StreamFact,
    live_event,
    read_message,
)
from services.api.live.notifier import Notifier
from services.api.live.recent_events import RecentEvents
from services.api.serializers.malformed import MALFORMED
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.videos.lookup import Membership, get_memberships
from shared.contracts.defect import file_of, place_of
from shared.errors import CatalogError
from shared.logs import logger
from shared.messaging.consuming.stream import StreamReader

log = logger(__name__)

#: How far back a reader begins: a listener that was disconnected for less misses nothing.
SINCE = "1h"
#: Messages whose videos are looked up together.
BATCH = 500
#: Seconds until the catalog is asked again after it was unavailable.
AGAIN_SECONDS = 2


async def follow_stream(reader: StreamReader, catalog: Catalog, recent: RecentEvents, notifier: Notifier) -> None:
    """Add every message of the stream to `recent`, for ever."""
    async for batch in reader.batches(BATCH):
        facts = [read_message(message) for message in batch]
        videos = await _videos(catalog, facts)
        for each in facts:
            recent.add(_event(each, videos.get(each.video_id or "", UNKNOWN_VIDEO)))
        metrics.EVENTS_READ.inc(len(facts))
        notifier.notify()


async def _videos(catalog: Catalog, facts: Sequence[StreamFact]) -> dict[str, Membership]:
    """Video id → what the catalog knows of it. Waits while the catalog is unavailable: events must keep their order."""
    ids = list({each.video_id for each in facts if each.video_id is not None})
    while True:
        try:
            return await get_memberships(catalog, ids)
        except CatalogError as error:
            log.warning("events.catalog_away", error=str(error))
            await asyncio.sleep(AGAIN_SECONDS)


def _event(read: StreamFact, video: Membership) -> LiveEvent:
    """The event for a message; an empty one if the video's document is malformed, so that later events still come."""
    try:
        return live_event(read, video)
    except MALFORMED as error:
        place = place_of(error)
        metrics.DEFECTS.labels("message", file_of(place)).inc()
        log.error("events.defect", offset=read.position.offset, place=place, exc_info=error)
        return LiveEvent(read.position, (), "")
