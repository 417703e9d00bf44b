"""Fills what is remembered from the broker's stream, with the playlists that the catalog knows of each video."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from services.api.live.live_event import NOBODY, Concerned, LiveEvent, Place, Read, happening, read, video_of
from services.api.live.notifier import Notifier
from services.api.live.recent import Recent
from shared import metrics
from shared.catalog.connection import Catalog
from shared.contracts.defect import file_of, place_of
from shared.errors import CatalogError
from shared.logs import logger
from shared.messaging.stream import StreamMessage, StreamReader

log = logger(__name__)

#: How far back a reader begins: as long as a listener may have been away, and still misses nothing.
SINCE = "1h"
#: Messages looked up together.
BATCH = 500
#: Seconds until the catalog is asked again when it was away.
AGAIN_SECONDS = 2


async def keep_fed(reader: StreamReader, catalog: Catalog, recent: Recent, notifier: Notifier) -> None:
    """Read the stream for ever."""
    async for batch in reader.batches(BATCH):
        found = [_read(message) for message in batch]
        concerned = await _concerned(catalog, found)
        for each in found:
            recent.add(_happening(each, concerned))
        metrics.EVENTS_READ.inc(len(found))
        notifier.ring()


async def _concerned(catalog: Catalog, found: Sequence[Read]) -> dict[str, Concerned]:
    """Video id → what the catalog knows of it. Waits for a catalog that is away: the order must be kept."""
    ids = list({video_id for each in found if each.fact is not None and (video_id := video_of(each.fact)) is not None})
    while True:
        try:
            documents = catalog.videos.find({"_id": {"$in": ids}}, {"playlists": 1, "title": 1})
            return {
                video["_id"]: Concerned(video.get("title"), video.get("playlists", ())) async for video in documents
            }
        except CatalogError as error:
            log.warning("events.catalog_away", error=str(error))
            await asyncio.sleep(AGAIN_SECONDS)


def _read(message: StreamMessage) -> Read:
    """A message as it can be read. Its place counts, even if our own code fails over what it says."""
    try:
        return read(message)
    except Exception as error:
        _note(error, message.offset)
        return Read(Place(message.offset, ""), None, None)


def _happening(found: Read, concerned: Mapping[str, Concerned]) -> LiveEvent:
    """What is told of a message; nothing, if our own code fails over it: it must not keep later ones from coming."""
    try:
        video_id = video_of(found.fact) if found.fact is not None else None
        return happening(found, concerned.get(video_id or "", NOBODY))
    except Exception as error:
        _note(error, found.place.offset)
        return LiveEvent(found.place, (), "")


def _note(error: Exception, offset: int) -> None:
    place = place_of(error)
    metrics.DEFECTS.labels("message", file_of(place)).inc()
    log.error("events.defect", offset=offset, place=place, exc_info=error)
