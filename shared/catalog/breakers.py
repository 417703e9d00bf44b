"""The breakers of scrapers as everybody may see them, and a person's wish to try again now."""

from __future__ import annotations

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from shared.catalog.connection import Catalog
from shared.catalog.documents import Breaker


async def save(catalog: Catalog, breaker: Breaker) -> None:
    """Write a breaker's state. Scrapers with one egress share it: a refusal that another met later stays."""
    later = {"state": "open", "scraper": {"$ne": breaker["scraper"]}, "since": {"$gte": breaker["since"]}}
    # A person's wish stays too: each scraper sees by itself whether it is about its present rest.
    state = {name: value for name, value in breaker.items() if name not in ("_id", "resume_at")}
    with suppress(DuplicateKeyError):  # There is a document, and it is that of such a refusal.
        await catalog.breakers.update_one(
            {"_id": breaker["_id"], "$nor": [later]}, {"$set": state, "$setOnInsert": {"resume_at": None}}, upsert=True
        )


async def load(catalog: Catalog, breaker_id: str) -> Breaker | None:
    """The last state written, so that a restart does not forget a rest."""
    return await catalog.breakers.find_one({"_id": breaker_id})


async def all_breakers(catalog: Catalog) -> list[Breaker]:
    """Every breaker, in the order of their ids. There are two for each egress."""
    return await catalog.breakers.find().sort("_id", 1).to_list()


async def wish_to_resume(catalog: Catalog, breaker_id: str) -> bool:
    """Ask the scraper to try now. False: there is no such breaker."""
    result = await catalog.breakers.update_one({"_id": breaker_id}, {"$set": {"resume_at": await catalog.now()}})
    return result.matched_count == 1
