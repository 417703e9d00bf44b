"""Entries of a followed list that its full looks passed over: they were there, and were not wanted.

What a later full look finds that is neither a video of the list nor passed over is new, wherever it stands: lists also
grow at their end, and have parts. Stored apart from the source, since a list may have a hundred thousand entries.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.catalog.connection import Catalog
from shared.catalog.parts import parts_of


async def note_passed_over(catalog: Catalog, source: str, entry_ids: Sequence[str]) -> None:
    """Note that entries of a source were passed over. Noting it twice changes nothing."""
    for part in parts_of(entry_ids):
        names = dict.fromkeys(part)
        await catalog.passed_over.insert_new([{"_id": f"{source}/{name}", "source": source} for name in names])


async def passed_over(catalog: Catalog, source: str, entry_ids: Collection[str]) -> set[str]:
    """Return those of `entry_ids` that a full look has passed over."""
    names = [f"{source}/{name}" for name in entry_ids]
    found = catalog.passed_over.with_ids(names, {"_id": 1})
    return {each["_id"].removeprefix(f"{source}/") async for each in found}


async def forget_passed_over(catalog: Catalog, source: str) -> None:
    """Forget them all: the source is followed no longer, is another list now, or everything of it is wanted."""
    await catalog.passed_over.delete_many({"source": source})
