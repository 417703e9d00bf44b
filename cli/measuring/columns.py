"""The columns of an export: those of Pytomo, whose tools then read it. docs/measurements.md explains each."""

from __future__ import annotations

from collections.abc import Callable

from cli.api.answers import Json

#: kbit/s in one byte per second.
_KBPS = 8 / 1000


def _rate(name: str) -> Callable[[Json], float | None]:
    def of(row: Json) -> float | None:
        value: float | None = row[name]
        return value * _KBPS if value is not None else None

    return of


def _download_seconds(row: Json) -> float | None:
    seconds: float | None = row["seconds"]
    return seconds - row["waited_seconds"] if seconds is not None else None


def _first_byte_seconds(row: Json) -> float | None:
    """From the beginning of the connection, as Pytomo counts it."""
    if row["first_byte_seconds"] is None:
        return None
    parts: list[float | None] = [row["connect_seconds"], row["tls_seconds"], row["first_byte_seconds"]]
    return sum(part for part in parts if part is not None)


def _initial_rate(row: Json) -> float | None:
    size: int | None = row["startup_bytes"]
    seconds: float | None = row["startup_seconds"]
    return size * _KBPS / seconds if size is not None and seconds else None


def _redirects(row: Json) -> str | None:
    return " ".join(f"{redirect['status']} {redirect['host']}" for redirect in row["redirects"]) or None


def _field(name: str) -> Callable[[Json], object]:
    return lambda row: row[name]


def _milliseconds(name: str) -> Callable[[Json], float | None]:
    def of(row: Json) -> float | None:
        value: float | None = row[name]
        return value * 1000 if value is not None else None

    return of


#: Name → type in SQLite, and the value from a measurement of the API. 29, in Pytomo's order.
COLUMNS: dict[str, tuple[str, Callable[[Json], object]]] = {
    "ID": ("TEXT", _field("at")),
    "Service": ("TEXT", _field("source")),
    "Url": ("TEXT", _field("url")),
    "CacheUrl": ("TEXT", _field("host")),
    "CacheServerDelay": ("REAL", _field("redirect_seconds")),
    "IP": ("TEXT", _field("address")),
    "Resolver": ("TEXT", _field("resolver")),
    "ResolveTime": ("REAL", _field("resolve_seconds")),
    "ASNumber": ("INTEGER", _field("as_number")),
    "PingMin": ("REAL", _milliseconds("ping_minimum_seconds")),
    "PingAvg": ("REAL", _milliseconds("ping_average_seconds")),
    "PingMax": ("REAL", _milliseconds("ping_maximum_seconds")),
    "DownloadTime": ("REAL", _download_seconds),
    "VideoType": ("TEXT", _field("extension")),
    "VideoDuration": ("REAL", _field("duration_seconds")),
    "VideoLength": ("INTEGER", _field("size_bytes")),
    "EncodingRate": ("REAL", _field("encoding_kbps")),
    "DownloadBytes": ("INTEGER", _field("bytes")),
    "DownloadInterruptions": ("INTEGER", _field("stalls")),
    "InitialData": ("INTEGER", _field("startup_bytes")),
    "InitialRate": ("REAL", _initial_rate),
    "InitialPlaybackBuffer": ("REAL", _field("startup_buffer_seconds")),
    "BufferingDuration": ("REAL", _field("stalled_seconds")),
    "PlaybackDuration": ("REAL", _field("played_seconds")),
    "BufferDurationAtEnd": ("REAL", _field("buffered_seconds")),
    "TimeTogetFirstByte": ("REAL", _first_byte_seconds),
    "MaxInstantThp": ("REAL", _rate("peak_rate")),
    "RedirectUrl": ("TEXT", _redirects),
    "StatusCode": ("INTEGER", _field("status")),
}


def row_of(measurement: Json) -> dict[str, object]:
    """Return the columns of one measurement."""
    return {name: value(measurement) for name, (_, value) in COLUMNS.items()}
