"""What a report keeps of each measurement, and the numbers of some of them. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from cli.api.answers import Json
from cli.display.times import local


class Row(NamedTuple):
    """One download. Seconds, bytes per second; None: unknown."""

    at: datetime
    failed: bool
    reason: str | None
    egress: str
    provider: str
    source: str
    host: str
    network: str
    resolver: str
    rate: float | None
    first_byte: float | None
    startup: float | None
    ping: float | None
    stalls: int | None


class Numbers(NamedTuple):
    """The numbers of some values; there is one at least."""

    number: int
    p10: float
    median: float
    p90: float


def row_of(measurement: Json) -> Row:
    """Return what a report keeps of a measurement of the API."""
    number = measurement["as_number"]
    return Row(
        at=local(measurement["at"]),
        failed=measurement["result"] == "failed",
        reason=measurement["reason"],
        egress=measurement["egress"],
        provider=measurement["provider"],
        source=measurement["source"],
        host=measurement["host"] or "",
        network=f"AS{number} {measurement['as_name'] or ''}".strip() if number is not None else "",
        resolver=measurement["resolver"] or "",
        rate=measurement["average_rate"],
        first_byte=measurement["first_byte_seconds"],
        startup=measurement["startup_seconds"],
        ping=measurement["ping_average_seconds"],
        stalls=measurement["stalls"],
    )


def numbers(values: Iterable[float | None]) -> Numbers | None:
    """Return the numbers of the values that are known; None: none is."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    if len(known) == 1:
        return Numbers(1, known[0], known[0], known[0])
    tenths = statistics.quantiles(known, n=10, method="inclusive")
    return Numbers(len(known), tenths[0], statistics.median(known), tenths[8])


def grouped(rows: Iterable[Row], by: Callable[[Row], str]) -> dict[str, list[Row]]:
    """Return rows by the name of their group, the largest group first; those without a name are left out."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if name := by(row):
            found.setdefault(name, []).append(row)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def rates(rows: Sequence[Row]) -> list[float]:
    """Return the rates that are known."""
    return [row.rate for row in rows if row.rate is not None]
