"""Tells how many measurements were read, where they are many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cli.api.answers import Json
from cli.context import err

#: Measurements between two progress lines.
REPORT_EVERY = 5000


def counted_rows(rows: Iterable[Json]) -> Iterator[Json]:
    """Yield rows, and report progress."""
    for number, row in enumerate(rows, 1):
        if number % REPORT_EVERY == 0:
            err.print(f"{number} measurements read", markup=False)
        yield row
