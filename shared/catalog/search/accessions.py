"""Accession numbers: each video gets the next one when it is accepted, as in every archive. They order the lists.

Numbers are dense but for those of videos that two listings brought at once; a gap does no harm.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from pymongo import ReturnDocument

from shared.catalog.connection import Catalog
from shared.catalog.reading.ordered import HIGHEST

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
    """The highest number given so far; 0 if there is none. The counter may have been lost, the videos tell too."""
    found = await catalog.counters.find_one({"_id": _COUNTER})
    counted = found.get("last") if found is not None else 0
    return max(counted if isinstance(counted, int) else 0, await _highest(catalog))


async def counter_is_behind(catalog: Catalog) -> bool:
    """Whether a number may be given out that a video has already."""
    found = await catalog.counters.find_one({"_id": _COUNTER})
    counted = found.get("last") if found is not None else 0
    return not isinstance(counted, int) or counted < await _highest(catalog)


async def raise_counter(catalog: Catalog) -> None:
    """Let the counter go on after the highest number that a video has."""
    highest = await _highest(catalog)
    found = await catalog.counters.find_one({"_id": _COUNTER})
    if found is not None and not isinstance(found.get("last"), int):
        await catalog.counters.delete_one({"_id": _COUNTER})
    await catalog.counters.update_one({"_id": _COUNTER}, {"$max": {"last": highest}}, upsert=True)


class Double(NamedTuple):
    """A video that has the number of another one."""

    video_id: str
    number: int
    other_id: str


async def doubles(catalog: Catalog) -> AsyncIterator[Double]:
    """Videos that have a number which another one has, all but one of each number."""
    numbers = catalog.videos.find({"accession": {"$gte": 1, "$lte": HIGHEST}}, {"accession": 1})
    last: Any = None
    async with numbers.sort([("accession", 1)]) as cursor:
        async for video in cursor:
            if last is not None and video["accession"] == last["accession"]:
                yield Double(video["_id"], video["accession"], last["_id"])
            last = video


async def _highest(catalog: Catalog) -> int:
    within = {"accession": {"$gte": 1, "$lte": HIGHEST}}
    found = await catalog.videos.find(within, {"accession": 1}).sort("accession", -1).limit(1).to_list()
    return int(found[0]["accession"]) if found else 0
