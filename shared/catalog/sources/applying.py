"""Applies a list of followed sources: adds, changes and removes what differs. Applying it again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.catalog.connection import Catalog
from shared.catalog.sources.definitions import (
    SourceExists,
    add_source,
    all_sources,
    change_source,
    definition_of,
    get_source,
    remove_source,
)
from shared.following.definition import SourceDefinition, differing


@dataclass
class Changes:
    """What differs between a list and the catalog, by name."""

    added: list[str] = field(default_factory=list)
    #: Name → the fields that differ.
    changed: dict[str, list[str]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    unchanged: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "unchanged": self.unchanged,
        }


async def apply(
    catalog: Catalog, definitions: Sequence[SourceDefinition], *, prune: bool = False, dry_run: bool = False
) -> Changes:
    """Make the followed sources those of a list. Returns what differed.

    `prune`: remove those that are not in it; what was stored of them stays. `dry_run`: change nothing.
    """
    changes = Changes()
    known = {source["_id"]: definition_of(source) async for source in all_sources(catalog)}
    for definition in definitions:
        before = known.pop(definition.name, None)
        if before is None:
            changes.added.append(definition.name)
        elif before == definition:
            changes.unchanged += 1
            continue
        else:
            changes.changed[definition.name] = differing(before, definition)
        if not dry_run:
            await _follow(catalog, definition)
    if prune:
        changes.removed = sorted(known)
        for name in [] if dry_run else changes.removed:
            await remove_source(catalog, name)
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
