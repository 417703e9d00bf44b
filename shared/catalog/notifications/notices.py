"""Conditions that somebody is told of: noted when they begin, deleted when they are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredNotice
from shared.catalog.parts import parts_of


async def note_conditions(catalog: Catalog, present: Sequence[StoredNotice], now: datetime) -> None:
    """Note the conditions that are so now; the time at which each was first seen stays.

    One that was found to be over begins again only when its end was told.
    """
    keys = [notice["_id"] for notice in present]
    known: set[str] = set()
    for ids in parts_of(keys):
        part = {"_id": {"$in": ids}}
        await catalog.notices.update_many({**part, "over_at": {"$exists": False}}, {"$set": {"seen_at": now}})
        known |= {notice["_id"] async for notice in catalog.notices.find(part, {"_id": 1})}
    if new := [notice for notice in present if notice["_id"] not in known]:
        # Another replica may have noted some at the same moment.
        await catalog.notices.insert_new(new)


async def begun(catalog: Catalog, now: datetime) -> list[StoredNotice]:
    """Return the conditions of which nobody was told yet, each with the round in which it began."""
    untold = {"raised_at": {"$exists": False}}
    await catalog.notices.update_many({**untold, "began_at": {"$exists": False}}, {"$set": {"began_at": now}})
    return await catalog.notices.find(untold).sort("_id", 1).to_list()


async def mark_raised(catalog: Catalog, told: Sequence[StoredNotice]) -> None:
    """Note that the deliveries about conditions were requested."""
    now = await catalog.now()
    for ids in parts_of([notice["_id"] for notice in told]):
        await catalog.notices.update_many({"_id": {"$in": ids}}, {"$set": {"raised_at": now}})


async def ended(catalog: Catalog, before: datetime, now: datetime) -> list[StoredNotice]:
    """Return the conditions that were last seen before a time, each with the round that found it to be over."""
    over = {"over_at": {"$exists": False}, "seen_at": {"$lt": before}}
    await catalog.notices.update_many(over, {"$set": {"over_at": now}})
    return await catalog.notices.find({"over_at": {"$exists": True}}).sort("_id", 1).to_list()


async def forget_notices(catalog: Catalog, told: Sequence[StoredNotice]) -> None:
    """Delete conditions whose end was told."""
    for ids in parts_of([notice["_id"] for notice in told]):
        await catalog.notices.delete_many({"_id": {"$in": ids}, "over_at": {"$exists": True}})


async def notices(catalog: Catalog, limit: int = 0) -> list[StoredNotice]:
    """Return the conditions that are not over, the newest first. `limit`: how many at most; 0: all."""
    going_on = catalog.notices.find({"over_at": {"$exists": False}})
    return await going_on.sort([("at", -1), ("_id", 1)]).limit(limit).to_list()
