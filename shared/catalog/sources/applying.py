"""Applies a list of followed sources: adds and changes what differs. Applying it again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from shared.catalog.connection import Catalog
from shared.catalog.sources.definitions import (
    SourceExists,
    add_source,
    all_sources,
    change_source,
    definition_of,
    get_source,
)
from shared.following.changes import Changes, changes_between
from shared.following.definition import SourceDefinition


async def apply(catalog: Catalog, definitions: Sequence[SourceDefinition]) -> Changes:
    """Add and change followed sources so that they are those of a list; others stay. Returns what differed."""
    known = {source["_id"]: definition_of(source) async for source in all_sources(catalog)}
    changes = changes_between(known, definitions, prune=False)
    differing = {*changes.added, *changes.changed}
    for definition in definitions:
        if definition.name in differing:
            await _follow(catalog, definition)
    return changes


async def _follow(catalog: Catalog, definition: SourceDefinition) -> None:
    """Add or change one source, whoever changes it at the same time."""
    while True:
        seen = await get_source(catalog, definition.name)
        if seen is None:
            try:
                await add_source(catalog, definition)
            except SourceExists:
                continue
            return
        if await change_source(catalog, seen, definition) is not None:
            return
