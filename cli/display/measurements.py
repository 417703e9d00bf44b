"""Formats measurements of downloads for people. Pure functions."""

from __future__ import annotations

from cli.api.answers import Json
from cli.display.formatting import span

#: Units of bytes, from the largest.
_SIZES = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def rate(number: float | None) -> str:
    """Return bytes per second as bits, e.g. 640 kbit/s, 12.5 Mbit/s; a dash if it is unknown."""
    if number is None:
        return "–"
    kilobits = number * 8 / 1000
    return f"{kilobits:.0f} kbit/s" if kilobits < 1000 else f"{kilobits / 1000:,.1f} Mbit/s"


def short_time(seconds: float | None) -> str:
    """Return a time, e.g. 92 ms, 3.1 s, 2 min; a dash if it is unknown."""
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s" if seconds < 60 else span(seconds)


def download_in_words(measurement: Json) -> str:
    """Return how a download went, e.g. 1.2 MB from cache.example in 2.1 s, at 4.6 Mbit/s, without a stall."""
    if not measurement["requests"]:
        return "no media was requested"
    where = f" from {measurement['host']}" if measurement["host"] else ""
    found = f"{_size(measurement['bytes'])}{where} in {short_time(measurement['seconds'])}"
    if measurement["average_rate"] is not None:
        found += f", at {rate(measurement['average_rate'])}"
    if measurement["first_byte_seconds"] is not None:
        found += f"; first byte after {short_time(measurement['first_byte_seconds'])}"
    if measurement["startup_seconds"] is not None:
        found += f"; would play after {short_time(measurement['startup_seconds'])}"
    match measurement["stalls"]:
        case None:
            return found
        case 0:
            return f"{found}, without a stall"
        case 1:
            return f"{found}, with 1 stall"
        case number:
            return f"{found}, with {number} stalls"


def _size(number: int) -> str:
    for unit, name in _SIZES:
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number} bytes"
