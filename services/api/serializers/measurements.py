"""Turns the documents of measurements into the schemas of HTTP responses. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.api.schemas.measurements import MeasuredHourOut, MeasurementOut, PartOut, PercentilesOut
from shared.catalog.documents import MeasuredHour, Measurement
from shared.catalog.measurements.records import as_document
from shared.contracts import DownloadMeasured

_SERVER = ("host", "address", "status", "redirect_seconds", "resolve_seconds", "connect_seconds", "tls_seconds")
_MEDIA = ("format", "extension", "protocol", "codec", "encoding_kbps", "duration_seconds", "size_bytes")
_TRANSFER = ("seconds", "waited_seconds", "transfer_seconds", "average_rate", "peak_rate", "proxied", "resolver")
_PLAYBACK = ("startup_seconds", "startup_bytes", "startup_buffer_seconds", "stalls", "stalled_seconds")
_PING = ("method", "sent", "received", "minimum_seconds", "average_seconds", "maximum_seconds")
_PLAYED = ("played_seconds", "buffered_seconds")


def measurement_out(found: Measurement) -> MeasurementOut:
    """One download."""
    server: dict[str, Any] = {**found.get("server", {})}
    transfer, ping = found.get("transfer", {}), found.get("ping", {})
    return MeasurementOut(
        id=found["id"],
        at=found["at"],
        video_id=found["video_id"],
        url=found["url"],
        title=found.get("title"),
        token=found["token"],
        scraper=found["scraper"],
        engine=found["engine"],
        engine_version=found.get("engine_version"),
        result=found["result"],
        reason=found.get("reason"),
        public_address=found.get("public_address"),
        redirects=server.get("redirects", []),
        first_byte_seconds=server.get("first_byte_seconds"),
        requests=transfer.get("request_count", 0),
        parts=_parts(transfer.get("requests", ())),
        bytes=transfer.get("bytes", 0),
        interruptions=transfer.get("interruptions", 0),
        crawl=found.get("crawl"),
        wanted_seconds=found.get("wanted_seconds"),
        as_number=found.get("as_number"),
        as_name=found.get("as_name"),
        **{f"ping_{name}": ping.get(name) for name in _PING},
        **found["of"],
        **_of(server, _SERVER),
        **_of(found.get("media", {}), _MEDIA),
        **_of(transfer, _TRANSFER),
        **_of(found.get("playback", {}), (*_PLAYBACK, *_PLAYED)),
    )


def _parts(requests: Sequence[Mapping[str, Any]]) -> list[PartOut]:
    """Single requests; of one alone everything is said already."""
    if len(requests) < 2:
        return []
    names = ("host", "status", "offset_bytes", "bytes", "seconds", "broken")
    return [PartOut(**{name: request.get(name) for name in names}) for request in requests]


def measured_out(data: dict[str, Any]) -> MeasurementOut:
    """The download of an attempt, from the data in its log entry."""
    return measurement_out(as_document(DownloadMeasured.model_validate(data)))


def _of(part: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: part.get(name) for name in names}


def hour_out(found: MeasuredHour) -> MeasuredHourOut:
    """One hour."""
    percentiles = {
        name: PercentilesOut(p10=low, p50=middle, p90=high)
        for name, (low, middle, high) in (
            ("average_rate", found["average_rate"]),
            ("first_byte_seconds", found["first_byte_seconds"]),
            ("startup_seconds", found["startup_seconds"]),
        )
    }
    sums = {name: value for name, value in found.items() if name in MeasuredHourOut.model_fields}
    return MeasuredHourOut.model_validate({**sums, **found["of"], **percentiles})
