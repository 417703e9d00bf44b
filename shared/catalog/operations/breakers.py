"""The stored breakers of scrapers, and a person's request to end a rest now."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE
from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredBreaker
from shared.errors import AlreadyThere

#: Breakers of unknown hosts that are read at once: there can be any number of hosts.
MAX_OTHERS = 1000


def breaker_id(egress: str, kind: str, source: str | None = None) -> str:
    """Return the id of a breaker. `source`: which source, for the kind `egress`; None for `storage`."""
    return f"{egress}/{kind}" if source is None else f"{egress}/{kind}/{source}"


def source_of_breaker(breaker: StoredBreaker) -> str | None:
    """Return the source that a breaker is about; None for storage. Breakers without one are of YouTube."""
    return breaker.get("source", YOUTUBE) if breaker["kind"] == "egress" else None


async def save(catalog: Catalog, breaker: StoredBreaker) -> None:
    """Write the state of a breaker, unless another scraper of this egress met a refusal later: that one stays."""
    # A person's request to resume stays too: each scraper checks whether it is about its present rest.
    state = {name: value for name, value in breaker.items() if name not in ("_id", "resume_at")}
    with suppress(AlreadyThere):  # The document exists, and is that of such a refusal.
        await catalog.breakers.update_one(
            _not_later_than(breaker), {"$set": state, "$setOnInsert": {"resume_at": None}}, upsert=True
        )


async def remove(catalog: Catalog, breaker: StoredBreaker) -> None:
    """Delete a breaker that is closed, unless another scraper met a refusal later."""
    await catalog.breakers.delete_one(_not_later_than(breaker))


def _not_later_than(breaker: StoredBreaker) -> dict[str, Any]:
    later = {"state": "open", "scraper": {"$ne": breaker["scraper"]}, "since": {"$gte": breaker["since"]}}
    return {"_id": breaker["_id"], "$nor": [later]}


async def load(catalog: Catalog, breaker_id: str) -> StoredBreaker | None:
    """Return the state written last, so that a restart does not forget a rest; None if there is none."""
    return await catalog.breakers.find_one({"_id": breaker_id})


async def breakers_of(catalog: Catalog, egress: str) -> list[StoredBreaker]:
    """Return the breakers of an egress: that of storage, and those of its sources."""
    return await _found(catalog, {"egress": egress})


async def all_breakers(catalog: Catalog) -> list[StoredBreaker]:
    """Return all breakers of storage and of known sources, then up to MAX_OTHERS of unknown hosts."""
    return await _found(catalog, {})


async def _found(catalog: Catalog, which: dict[str, Any]) -> list[StoredBreaker]:
    known = {"source": {"$in": [None, *KNOWN_SOURCES]}}
    others = {"source": {"$nin": [None, *KNOWN_SOURCES]}}
    found = await catalog.breakers.find(which | known).sort("_id", 1).to_list()
    return found + await catalog.breakers.find(which | others).sort("_id", 1).limit(MAX_OTHERS).to_list()


async def drop_before_sources(catalog: Catalog, egress: str) -> None:
    """Delete the one breaker that an egress had for all its sources in earlier versions."""
    await catalog.breakers.delete_one({"_id": breaker_id(egress, "egress")})


async def request_resume(catalog: Catalog, egress: str, kind: str, source: str | None = None) -> bool:
    """Ask the scrapers of an egress to try again now. Returns False if there is no such breaker.

    `source`: only that source, for the kind `egress`; None: all of them.
    """
    which = {"egress": egress, "kind": kind} | ({} if source is None else {"source": source})
    result = await catalog.breakers.update_many(which, {"$set": {"resume_at": await catalog.now()}})
    return result.matched_count > 0
