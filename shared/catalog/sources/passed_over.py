"""Entries of a followed list that its full looks passed over: they were there, and were not wanted.

What a later full look finds that is neither a video of the list nor passed over is new, wherever it stands: lists also
grow at their end, and have parts. Stored apart from the source, since a list may have a hundred thousand entries.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.catalog.connection import Catalog

#: Ids read or written at once.
_AT_ONCE = 1000


async def note_passed_over(catalog: Catalog, source: str, entry_ids: Sequence[str]) -> None:
    """Note that entries of a source were passed over. Noting it twice changes nothing."""
    for start in range(0, len(entry_ids), _AT_ONCE):
        names = dict.fromkeys(entry_ids[start : start + _AT_ONCE])
        await catalog.passed_over.insert_new([{"_id": f"{source}/{name}", "source": source} for name in names])


async def passed_over(catalog: Catalog, source: str, entry_ids: Collection[str]) -> set[str]:
    """Return those of `entry_ids` that a full look has passed over."""
    names = [f"{source}/{name}" for name in entry_ids]
    found = {each["_id"] async for each in catalog.passed_over.find({"_id": {"$in": names}}, {"_id": 1})}
    return {name.removeprefix(f"{source}/") for name in found}


async def forget_passed_over(catalog: Catalog, source: str) -> None:
    """Forget them all: the source is followed no longer, is another list now, or everything of it is wanted."""
    await catalog.passed_over.delete_many({"source": source})
