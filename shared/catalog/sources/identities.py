"""Followed sources that are the same list under different addresses: only the first of them is looked at."""

from __future__ import annotations

from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.parts import parts_of


async def note_same(catalog: Catalog, source: Source) -> str | None:
    """Note that a source is the same list as one that was followed before it. Returns the name of that one."""
    others = {"identity_id": source["identity_id"], "_id": {"$ne": source["_id"]}, "same_as": None, "enabled": True}
    found = await catalog.sources.find(others).sort([("created_at", 1), ("_id", 1)]).limit(1).to_list()
    first = next(iter(found), None)
    if first is None or (first["created_at"], first["_id"]) > (source["created_at"], source["_id"]):
        return None
    await catalog.sources.update_one({"_id": source["_id"]}, {"$set": {"same_as": first["_id"]}})
    return first["_id"]


async def forget_same(catalog: Catalog, name: str) -> None:
    """Look again at the sources that were the same list as one that is no longer followed, or no longer that list."""
    await catalog.sources.update_many({"same_as": name}, {"$unset": {"same_as": ""}})


async def forget_stale_same(catalog: Catalog) -> int:
    """Look again at sources whose first one is gone, paused or another list now. Returns how many there were.

    `forget_same` does so at once; this finds what a process left that died in between.
    """
    following = await catalog.sources.find({"same_as": {"$exists": True}}).to_list()
    names = {source["same_as"] for source in following}
    firsts = {first["_id"]: first async for first in catalog.sources.with_ids(names)}
    stale = []
    for source in following:
        first = firsts.get(source["same_as"])
        if first is None or not first["enabled"] or first["identity_id"] != source["identity_id"] or "same_as" in first:
            stale.append(source["_id"])
    for part in parts_of(stale):
        await catalog.sources.update_many({"_id": {"$in": part}}, {"$unset": {"same_as": ""}})
    return len(stale)
