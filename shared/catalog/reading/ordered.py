"""Lists in the order of a field, that hide nothing: what has no value there that can be sorted comes at the end.

Databases sort values of different types apart, and a comparison finds those of one type alone: a document without the
field, or with a text in the place of a moment, would be on no page. So the documents that fit are listed first, then
all others by their ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from shared.catalog.collection import Collection
from shared.catalog.reading.bounded import Page, page_of

#: Far above any number that is given out; the database's integers end at 2^63.
HIGHEST = 2**53
#: What a field has that holds no number from 1 on.
NOT_NUMBERED = {"$not": {"$gte": 1, "$lte": HIGHEST}}


class Place(NamedTuple):
    """After which document a page begins: its value in the order, None for one that cannot be sorted; and its id."""

    value: Any
    id: str


@dataclass(frozen=True)
class Order:
    """By which field documents are listed, those with equal values by their ids."""

    field: str
    kind: Literal["date", "number"]
    #: 1: the lowest first; -1: the highest first.
    direction: Literal[1, -1]

    def place_of(self, document: Mapping[str, Any]) -> Place:
        """The place after a document."""
        value = document.get(self.field)
        sortable = isinstance(value, datetime) if self.kind == "date" else _is_number(value)
        return Place(value if sortable else None, str(document["_id"]))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def has(field: str, kind: str) -> dict[str, Any]:
    """As a query: the field holds one value of a type. A list of such values is none."""
    return {"$and": [{field: {"$type": kind}}, {field: {"$not": {"$type": "array"}}}]}


def lacks(field: str, kind: str) -> dict[str, Any]:
    """As a query: all other documents."""
    return {"$nor": [has(field, kind)]}


async def ordered_page(
    collection: Collection[Any], match: Mapping[str, Any], order: Order, after: Place | None, limit: int
) -> Page[Any]:
    """Up to `limit` documents that fit `match`, fewer if they are large, from a place on; None: from the beginning."""
    found: Page[Any] = Page([], more=False)
    if after is None or after.value is not None:
        found = await _sorted(collection, match, order, after, limit)
    if found.more:
        return found
    rest = await _unsorted(collection, match, order, after, limit - len(found.items))
    return Page(found.items + rest.items, rest.more)


async def _sorted(
    collection: Collection[Any], match: Mapping[str, Any], order: Order, after: Place | None, limit: int
) -> Page[Any]:
    conditions = [dict(match), has(order.field, order.kind)]
    if after is not None:
        beyond = {"$gt" if order.direction == 1 else "$lt": after.value}
        conditions.append({"$or": [{order.field: beyond}, {order.field: after.value, "_id": {"$gt": after.id}}]})
    cursor = collection.find({"$and": conditions}).sort([(order.field, order.direction), ("_id", 1)])
    return await page_of(cursor, limit)


async def _unsorted(
    collection: Collection[Any], match: Mapping[str, Any], order: Order, after: Place | None, limit: int
) -> Page[Any]:
    conditions = [dict(match), lacks(order.field, order.kind)]
    if after is not None and after.value is None:
        conditions.append({"_id": {"$gt": after.id}})
    if limit > 0:
        return await page_of(collection.find({"$and": conditions}).sort("_id", 1), limit)
    return Page([], more=await collection.find_one({"$and": conditions}, {"_id": 1}) is not None)
