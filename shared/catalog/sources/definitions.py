"""Followed sources as people define them: added, changed, removed. Every change is a compare-and-set on the version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from shared.addresses.feeds import identity_of
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.sources.identities import forget_same, note_same
from shared.catalog.sources.passed_over import forget_passed_over
from shared.errors import AlreadyThere
from shared.following.definition import SourceDefinition


class SourceExists(Exception):
    """A followed source of this name is there already."""


def definition_of(source: Source) -> SourceDefinition:
    """Return the definition in a document. Raises ValueError for one that no version of this code wrote."""
    return SourceDefinition.model_validate(source["definition"])


async def get_source(catalog: Catalog, name: str) -> Source | None:
    """Read a followed source. Returns None if there is none of this name."""
    return await catalog.sources.find_one({"_id": name})


async def all_sources(catalog: Catalog) -> AsyncIterator[Source]:
    """Yield all followed sources, by name."""
    async for source in catalog.sources.find().sort("_id", 1):
        yield source


async def source_page(catalog: Catalog, after: str | None, limit: int) -> list[Source]:
    """Return up to `limit` followed sources by name, those after a name."""
    query = {"_id": {"$gt": after}} if after is not None else {}
    return await catalog.sources.find(query).sort("_id", 1).limit(limit).to_list()


async def add_source(catalog: Catalog, definition: SourceDefinition) -> Source:
    """Follow a source from now on; its first look is due at once. Raises SourceExists."""
    now = await catalog.now()
    source: Source = {
        "_id": definition.name,
        "version": 1,
        "created_at": now,
        "look": 0,
        "failures": 0,
        "recent": [],
        "published": [],
        **_defined(definition, now),  # type: ignore[typeddict-item]  # a part of a document is a plain dict
        "due_at": now,
    }
    try:
        await catalog.sources.insert_one(source)
    except AlreadyThere as error:
        raise SourceExists(definition.name) from error
    return await _compared(catalog, source)


async def change_source(catalog: Catalog, seen: Source, definition: SourceDefinition) -> Source | None:
    """Change the definition of a source as it was seen. Returns it after the change; None if it has changed since.

    Another address makes it another list, of which nothing is known yet. Other filters are applied at the next look,
    which is due at once, also to what they left out before.
    """
    now = await catalog.now()
    change = _defined(definition, now) | {"version": seen["version"] + 1}
    over: list[str] = []
    before = definition_of(seen)
    if change["playlist_id"] != seen["playlist_id"]:
        change |= {"recent": [], "published": [], "failures": 0, "due_at": now}
        over += [
            "last",
            "looked_at",
            "listed_at",
            "full_at",
            "full_next",
            "feed",
            "feed_hub",
            "silent_at",
            "title",
            "channel",
            "same_as",
        ]
    else:
        # What a look has found out about the list holds.
        del change["identity_id"]
        if before.feed != definition.feed:
            over += ["feed", "feed_hub"]
        if takes_other_entries(before, definition):
            change |= {"full_next": True, "due_at": now}
        elif before.every != definition.every or before.enabled != definition.enabled:
            change["due_at"] = now
    result = await catalog.sources.update_one(
        {"_id": seen["_id"], "version": seen["version"]}, {"$set": change, "$unset": dict.fromkeys(over, "")}
    )
    if result.matched_count == 0:
        return None
    if change["playlist_id"] != seen["playlist_id"] or not definition.enabled:
        await forget_same(catalog, seen["_id"])
    if change["playlist_id"] != seen["playlist_id"] or definition.first == "all":
        await forget_passed_over(catalog, seen["_id"])
    changed = await get_source(catalog, seen["_id"])
    return await _compared(catalog, changed) if changed is not None else None


def takes_other_entries(before: SourceDefinition, after: SourceDefinition) -> bool:
    """Return whether entries are wanted that a look has passed over, so that the whole list must be read. Pure."""
    return before.filters != after.filters or (after.first == "all" and before.first != "all")


async def remove_source(catalog: Catalog, name: str) -> bool:
    """Follow a source no longer. What was stored of it stays. Returns False if there is none of this name."""
    removed = (await catalog.sources.delete_one({"_id": name})).deleted_count == 1
    await catalog.looks.delete_many({"source": name})
    await forget_passed_over(catalog, name)
    await forget_same(catalog, name)
    return removed


async def _compared(catalog: Catalog, source: Source) -> Source:
    """Return a source after it was compared with the others: it may be the same list as an earlier one."""
    same = await note_same(catalog, source)
    return source if same is None else {**source, "same_as": same}


def _defined(definition: SourceDefinition, now: datetime) -> dict[str, Any]:
    playlist = definition.playlist
    return {
        "definition": definition.stored(),
        "updated_at": now,
        "playlist_id": playlist.playlist_id,
        "url": playlist.url,
        "identity_id": identity_of(playlist.playlist_id),
        "enabled": definition.enabled,
    }
