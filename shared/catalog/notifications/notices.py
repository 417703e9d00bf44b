"""Conditions that somebody is told of: noted when they begin, deleted when they are over."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredNotice
from shared.errors import AlreadyThere


async def note_condition(catalog: Catalog, notice: StoredNotice) -> None:
    """Note that a condition is so now; the time at which it was first seen stays."""
    lasting = {name: notice[name] for name in ("title", "text", "seen_at")}
    with suppress(AlreadyThere):  # Another replica noted it at the same moment.
        if (await catalog.notices.update_one({"_id": notice["_id"]}, {"$set": lasting})).matched_count == 0:
            await catalog.notices.insert_one(notice)


async def unraised(catalog: Catalog) -> list[StoredNotice]:
    """Return the conditions of which nobody was told yet."""
    return await catalog.notices.find({"raised_at": {"$exists": False}}).sort("_id", 1).to_list()


async def mark_raised(catalog: Catalog, notice: StoredNotice) -> None:
    """Note that the deliveries about a condition were requested."""
    await catalog.notices.update_one({"_id": notice["_id"]}, {"$set": {"raised_at": await catalog.now()}})


async def over_since(catalog: Catalog, before: datetime) -> list[StoredNotice]:
    """Return the conditions that were last seen before a time."""
    return await catalog.notices.find({"seen_at": {"$lt": before}}).sort("_id", 1).to_list()


async def forget_notice(catalog: Catalog, notice: StoredNotice) -> None:
    """Delete a condition that is over, unless it was seen again meanwhile."""
    await catalog.notices.delete_one({"_id": notice["_id"], "seen_at": notice["seen_at"]})


async def notices(catalog: Catalog, limit: int = 0) -> list[StoredNotice]:
    """Return the conditions that are not over, the newest first. `limit`: how many at most; 0: all."""
    return await catalog.notices.find().sort([("at", -1), ("_id", 1)]).limit(limit).to_list()
