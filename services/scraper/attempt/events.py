"""The event of an attempt that ended: logged, published, and noted as published."""

from __future__ import annotations

from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import log_unannounced, mark_announced, pending_events
from shared.catalog.documents import Video
from shared.messaging.publisher import Publisher


async def publish_pending_event(catalog: Catalog, publisher: Publisher, video: Video) -> None:
    """Log the attempt that ended last, publish its events, and remove it from the outbox.

    Doing so twice is harmless: the events have the same ids each time. Raises Unavailable if the
    broker does not confirm.
    """
    await log_unannounced(catalog, video)
    for event in pending_events(video):
        await publisher.publish(event)
    await mark_announced(catalog, video)
