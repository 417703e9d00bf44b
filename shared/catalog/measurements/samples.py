"""The sample of an hour's roll-up: some of its measurements, as columns, for pictures.

It is taken by chance and yet always the same: event ids are hashes, and the lowest ones are taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Measurement

#: Measurements of a sample. With all columns it takes about 4 kB.
SAMPLE_SIZE = 20


class Parameter(StrEnum):
    """What was measured. Rates are bytes per second, times seconds, sizes bytes."""

    AVERAGE_RATE = "average_rate"
    PEAK_RATE = "peak_rate"
    FIRST_BYTE = "first_byte_seconds"
    RESOLVE = "resolve_seconds"
    CONNECT = "connect_seconds"
    TLS = "tls_seconds"
    REDIRECT = "redirect_seconds"
    PING = "ping_average_seconds"
    STARTUP = "startup_seconds"
    STALLS = "stalls"
    STALLED = "stalled_seconds"
    PLAYED = "played_seconds"
    BUFFERED = "buffered_seconds"
    SECONDS = "seconds"
    WAITED = "waited_seconds"
    TRANSFER = "transfer_seconds"
    BYTES = "bytes"
    REQUESTS = "requests"
    INTERRUPTIONS = "interruptions"
    ENCODING = "encoding_kbps"
    DURATION = "duration_seconds"
    SIZE = "size_bytes"

    @property
    def path(self) -> str:
        """Where a document has it."""
        return _PARAMETER_PATHS[self.value]


_PARAMETER_PATHS = {
    "average_rate": "transfer.average_rate",
    "peak_rate": "transfer.peak_rate",
    "first_byte_seconds": "server.first_byte_seconds",
    "resolve_seconds": "server.resolve_seconds",
    "connect_seconds": "server.connect_seconds",
    "tls_seconds": "server.tls_seconds",
    "redirect_seconds": "server.redirect_seconds",
    "ping_average_seconds": "ping.average_seconds",
    "startup_seconds": "playback.startup_seconds",
    "stalls": "playback.stalls",
    "stalled_seconds": "playback.stalled_seconds",
    "played_seconds": "playback.played_seconds",
    "buffered_seconds": "playback.buffered_seconds",
    "seconds": "transfer.seconds",
    "waited_seconds": "transfer.waited_seconds",
    "transfer_seconds": "transfer.transfer_seconds",
    "bytes": "transfer.bytes",
    "requests": "transfer.request_count",
    "interruptions": "transfer.interruptions",
    "encoding_kbps": "media.encoding_kbps",
    "duration_seconds": "media.duration_seconds",
    "size_bytes": "media.size_bytes",
}


class Grouping(StrEnum):
    """By what values are told apart."""

    EGRESS = "egress"
    PROVIDER = "provider"
    SOURCE = "source"
    PURPOSE = "purpose"
    NETWORK = "network"
    HOST = "host"
    RESOLVER = "resolver"
    CRAWL = "crawl"

    @property
    def path(self) -> str:
        """Where a document has it."""
        return _GROUPING_PATHS[self.value]

    @property
    def in_sample(self) -> bool:
        """Whether measurements of one hour's roll-up differ in it."""
        return not self.path.startswith("of.")


_GROUPING_PATHS = {
    "egress": "of.egress",
    "provider": "of.provider",
    "source": "of.source",
    "purpose": "of.purpose",
    "network": "as_number",
    "host": "server.host",
    "resolver": "transfer.resolver",
    "crawl": "crawl",
}


#: What is read of a measurement for the sample.
PROJECTION = {
    "_id": 0,
    **dict.fromkeys(("at", "id", "of", "as_name"), 1),
    **dict.fromkeys(_PARAMETER_PATHS.values(), 1),
    **{path: 1 for path in _GROUPING_PATHS.values() if not path.startswith("of.")},
}


async def sampled(catalog: Catalog, query: Mapping[str, Any]) -> dict[tuple[str, ...], dict[str, list[Any]]]:
    """Return the sample of each series of some measurements, by the values of `of`."""
    chosen: dict[tuple[str, ...], list[Measurement]] = {}
    async with catalog.measurements.find(query, PROJECTION) as cursor:
        async for found in cursor:
            rows = chosen.setdefault(series_key(found["of"]), [])
            rows.append(found)
            if len(rows) >= 10 * SAMPLE_SIZE:
                chosen[series_key(found["of"])] = _lowest(rows)
    return {key: _columns(_lowest(rows)) for key, rows in chosen.items()}


def series_key(of: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the values by which a series is told from others."""
    return tuple(str(of[name]) for name in ("egress", "provider", "source", "purpose"))


def value_in(row: Mapping[str, Any], parameter: Parameter) -> float | None:
    """Return what was measured; None: nothing."""
    found = _at(row, parameter.path)
    return found if isinstance(found, int | float) and not isinstance(found, bool) else None


def group_in(row: Mapping[str, Any], by: Grouping) -> str:
    """Return the name of the group of a measurement; "": it is unknown."""
    found = _at(row, by.path)
    if by is Grouping.NETWORK and found is not None:
        return f"AS{found} {row.get('as_name', '')}".strip()
    return str(found) if found is not None else ""


def _lowest(rows: list[Measurement]) -> list[Measurement]:
    return sorted(rows, key=lambda row: row["id"])[:SAMPLE_SIZE]


def _columns(rows: Iterable[Measurement]) -> dict[str, list[Any]]:
    rows = list(rows)
    found: dict[str, list[Any]] = {"at": [row["at"] for row in rows]}
    for parameter in Parameter:
        values = [value_in(row, parameter) for row in rows]
        if any(value is not None for value in values):
            found[parameter.value] = values
    for by in Grouping:
        names = [group_in(row, by) for row in rows]
        if by.in_sample and any(names):
            found[by.value] = names
    return found


def _at(row: Mapping[str, Any], path: str) -> object:
    found: Any = row
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found
