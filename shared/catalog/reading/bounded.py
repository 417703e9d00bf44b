"""Lists that are bounded in number and in bytes, however large their documents are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from shared.catalog.collection import Cursor

T = TypeVar("T", bound=Mapping[str, Any])

#: Bytes of the documents of one page, about. The last one may go beyond it: a page holds at least one.
PAGE_BYTES = 2 * 2**20
#: Documents that the server sends at once.
AT_ONCE = 50
#: What no list shows of a video, and may be the largest part of it, as a projection.
WITHOUT_DESCRIPTION = {"metadata.description": 0}


class Page(NamedTuple, Generic[T]):
    """Some documents, and whether there may be more."""

    items: list[T]
    more: bool

    @property
    def last(self) -> T | None:
        """After which the next page begins; None if there is none."""
        return self.items[-1] if self.more and self.items else None


async def page_of(cursor: Cursor[T], limit: int, most_bytes: int = PAGE_BYTES) -> Page[T]:
    """Up to `limit` documents of a cursor, fewer if they are large. The cursor is closed."""
    found: list[T] = []
    weight = 0
    async with cursor.limit(limit + 1).batch_size(AT_ONCE):
        async for document in cursor:
            if len(found) == limit or weight >= most_bytes:
                return Page(found, more=True)
            found.append(document)
            weight += weight_of(document)
    return Page(found, more=False)


def weight_of(value: object) -> int:
    """About how many bytes a value takes as JSON, where a letter can take six; numbers and moments count as eight."""
    match value:
        case str():
            return len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))
        case bytes():
            return len(value)
        case Mapping():
            return sum(len(name) + weight_of(inner) for name, inner in value.items())
        case Sequence():
            return sum(map(weight_of, value))
        case _:
            return 8
