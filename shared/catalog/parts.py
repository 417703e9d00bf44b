"""Divides ids over several queries, so that none of them is long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

#: Ids that one query or write names. Others get their turn between two of them, and the time grows with the number of
#: ids alone: the database of the native stack compares each document with the list of all, so that to change 5,000 took
#: 30 s at once and 6 s in parts of this length. Below it there is nothing left to gain.
IDS_AT_ONCE = 100


def parts_of(ids: Sequence[str]) -> Iterator[list[str]]:
    """Yield the ids in order, up to IDS_AT_ONCE at a time; nothing if there are none."""
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield list(ids[start : start + IDS_AT_ONCE])
