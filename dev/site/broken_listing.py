"""Broken pages of a listing, in each way in which servers break a listing off. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Json = dict[str, Any]

How = Literal["nothing", "empty", "repeated", "repeated-on", "half", "half-on", "error", "garbled", "refused"]
"""What comes in the place of a page.

`nothing` is YouTube's answer without data; `empty` a page without entries; `repeated` the page before, whose end leads
to itself; `repeated-on` the page before, after which the list goes on; `half` half its entries and no end; `half-on`
half of them, after which the list goes on; `error` a 500; `garbled` half of a JSON document;
`refused` a 429.
"""
HOWS: tuple[str, ...] = get_args(How)


@dataclass
class BrokenPage:
    """One page of one list, counted from 1, that is broken a number of times."""

    list_id: str
    page: int
    how: How
    times: int

    def takes(self, list_id: str, page: int) -> bool:
        """Whether this request for a page is broken; counts it."""
        if (self.list_id, self.page) != (list_id, page) or self.times <= 0:
            return False
        self.times -= 1
        return True


def broken(how: How, items: list[Json], before: list[Json]) -> list[Json] | None:
    """Return the entries that replace `items`; None if there is no answer of this form."""
    entries = [item for item in items if "continuationItemRenderer" not in item]
    end = items[len(entries) :]
    match how:
        case "empty":
            return []
        case "repeated":
            return before
        case "repeated-on":
            return [item for item in before if "continuationItemRenderer" not in item] + end
        case "half":
            return entries[: len(entries) // 2]
        case "half-on":
            return entries[: len(entries) // 2] + end
        case _:
            return None
