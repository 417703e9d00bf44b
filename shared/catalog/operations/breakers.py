"""The breakers of scrapers as everybody may see them, and a person's wish to try again now."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE
from shared.catalog.connection import Catalog
from shared.catalog.documents import Breaker
from shared.errors import AlreadyThere

#: Breakers of strangers' hosts that are read at once: there can be any number of hosts.
MAX_OTHERS = 1000


def breaker_id(egress: str, kind: str, source: str | None = None) -> str:
    """The id of a breaker. `source`: whose it is, of the kind `egress`."""
    return f"{egress}/{kind}" if source is None else f"{egress}/{kind}/{source}"


def source_of_breaker(breaker: Breaker) -> str | None:
    """The source that a breaker is about; None of storage. Before there was one for each source it was YouTube."""
    return breaker.get("source", YOUTUBE) if breaker["kind"] == "egress" else None


async def save(catalog: Catalog, breaker: Breaker) -> None:
    """Write a breaker's state. Scrapers with one egress share it: a refusal that another met later stays."""
    # A person's wish stays too: each scraper sees by itself whether it is about its present rest.
    state = {name: value for name, value in breaker.items() if name not in ("_id", "resume_at")}
    with suppress(AlreadyThere):  # There is a document, and it is that of such a refusal.
        await catalog.breakers.update_one(
            _not_later_than(breaker), {"$set": state, "$setOnInsert": {"resume_at": None}}, upsert=True
        )


async def remove(catalog: Catalog, breaker: Breaker) -> None:
    """Forget a breaker that is closed. A refusal that another scraper met later stays."""
    await catalog.breakers.delete_one(_not_later_than(breaker))


def _not_later_than(breaker: Breaker) -> dict[str, Any]:
    later = {"state": "open", "scraper": {"$ne": breaker["scraper"]}, "since": {"$gte": breaker["since"]}}
    return {"_id": breaker["_id"], "$nor": [later]}


async def load(catalog: Catalog, breaker_id: str) -> Breaker | None:
    """The last state written, so that a restart does not forget a rest."""
    return await catalog.breakers.find_one({"_id": breaker_id})


async def breakers_of(catalog: Catalog, egress: str) -> list[Breaker]:
    """The breakers of an egress: that of storage, and those of its sources."""
    return await _found(catalog, {"egress": egress})


async def all_breakers(catalog: Catalog) -> list[Breaker]:
    """Every breaker: of each egress one for storage and one for each known source, then those of strangers' hosts.

    Of the last ones at most MAX_OTHERS.
    """
    return await _found(catalog, {})


async def _found(catalog: Catalog, which: dict[str, Any]) -> list[Breaker]:
    known = {"source": {"$in": [None, *KNOWN_SOURCES]}}
    others = {"source": {"$nin": [None, *KNOWN_SOURCES]}}
    found = await catalog.breakers.find(which | known).sort("_id", 1).to_list()
    return found + await catalog.breakers.find(which | others).sort("_id", 1).limit(MAX_OTHERS).to_list()


async def drop_before_sources(catalog: Catalog, egress: str) -> None:
    """Remove the one breaker that an egress had for all its sources, once it was read."""
    await catalog.breakers.delete_one({"_id": breaker_id(egress, "egress")})


async def wish_to_resume(catalog: Catalog, egress: str, kind: str, source: str | None = None) -> bool:
    """Ask the scrapers of an egress to try now. False: there is no such breaker.

    `source`: that one only, of the kind `egress`; None: all of them.
    """
    which = {"egress": egress, "kind": kind} | ({} if source is None else {"source": source})
    result = await catalog.breakers.update_many(which, {"$set": {"resume_at": await catalog.now()}})
    return result.matched_count > 0
