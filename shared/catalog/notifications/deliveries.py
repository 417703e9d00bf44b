"""The log of deliveries: what became of each event for each endpoint."""

from __future__ import annotations

from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Delivery
from shared.catalog.reading.bounded import Page
from shared.catalog.reading.ordered import Order, Position, ordered_page
from shared.contracts import NotificationDue

#: The newest first.
BY_TIME = Order("at", "date", -1)


def delivery_id(message: NotificationDue) -> str:
    """The `_id` of the delivery that a message is about."""
    return f"{message.endpoint}/{message.event_id}"


async def get_delivery(catalog: Catalog, message: NotificationDue) -> Delivery | None:
    """Read the delivery that a message is about. Returns None if nothing was attempted yet."""
    return await catalog.deliveries.find_one({"_id": delivery_id(message)})


async def record_attempt(
    catalog: Catalog, message: NotificationDue, *, status: int | None, error: str | None, ended: str | None
) -> bool:
    """Record an attempt. Returns False if the delivery has ended before.

    `ended`: `delivered_at` or `failed_at` if this was the last attempt.
    """
    now = await catalog.now()
    change: dict[str, Any] = {
        "endpoint": message.endpoint,
        "event_type": message.event_type,
        "subject": message.subject,
        "attempts": message.attempt,
        "at": now,
        "status": status,
        "error": error,
    }
    if ended is not None:
        change[ended] = now
    before = await get_delivery(catalog, message)
    if before is not None and ("delivered_at" in before or "failed_at" in before):
        return False
    open_ = {"_id": delivery_id(message), "delivered_at": {"$exists": False}, "failed_at": {"$exists": False}}
    # If another replica ends it between these lines, the upsert raises AlreadyThere, and the message comes again.
    await catalog.deliveries.update_one(open_, {"$set": change}, upsert=True)
    return True


async def delivery_page(catalog: Catalog, endpoint: str, after: Position | None, limit: int) -> Page[Delivery]:
    """Return up to `limit` deliveries to an endpoint, the newest first.

    `after`: the position of the last delivery of the previous page; None: the first page.
    """
    return await ordered_page(catalog.deliveries, {"endpoint": endpoint}, BY_TIME, after, limit)


async def last_delivery(catalog: Catalog, endpoint: str) -> Delivery | None:
    """Return the delivery to an endpoint whose last attempt is the newest; None if there was none for a month."""
    found = await catalog.deliveries.find({"endpoint": endpoint}).sort("at", -1).limit(1).to_list()
    return found[0] if found else None
