"""Locks on work that one replica at a time should do."""

from __future__ import annotations

from datetime import timedelta

from shared.catalog.connection import Catalog
from shared.errors import AlreadyThere


async def acquire_lock(catalog: Catalog, what: str, owner: str, seconds: float) -> bool:
    """Return whether `owner` may do `what` for the next `seconds`. Of several owners one may; it may ask again."""
    now = await catalog.now()
    until = now + timedelta(seconds=seconds)
    lock = await catalog.locks.find_one({"_id": what})
    if lock is None:
        try:
            await catalog.locks.insert_one({"_id": what, "owner": owner, "until": until})
        except AlreadyThere:
            return False
        return True
    if lock["owner"] != owner and lock["until"] > now:
        return False
    result = await catalog.locks.update_one(
        {"_id": what, "owner": lock["owner"], "until": lock["until"]}, {"$set": {"owner": owner, "until": until}}
    )
    return result.matched_count == 1
