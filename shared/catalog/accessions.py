"""Accession numbers: each video gets the next one when it is accepted, as in every archive. They order the lists.

Numbers are dense but for those of videos that two listings brought at once; a gap does no harm.
"""

from __future__ import annotations

from pymongo import ReturnDocument

from shared.catalog.connection import Catalog

_COUNTER = "accession"


async def take_numbers(catalog: Catalog, how_many: int) -> range:
    """The next numbers; nobody else gets them."""
    after = await catalog.counters.find_one_and_update(
        {"_id": _COUNTER}, {"$inc": {"last": how_many}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    assert after is not None
    last = int(after["last"])
    return range(last - how_many + 1, last + 1)


async def last_number(catalog: Catalog) -> int:
    """The highest number given so far; 0 if there is none."""
    found = await catalog.counters.find_one({"_id": _COUNTER})
    return int(found["last"]) if found is not None else 0
