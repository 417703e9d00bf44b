"""The documents of `measurements`, a time series, and of its roll-ups."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from shared.catalog.documents.field_types.typed import NotRequired, TypedDict


class MeasuredAt(TypedDict):
    """By what a time series is kept together."""

    egress: str
    provider: str
    source: str
    purpose: Literal["archive", "probe"]


class MeasuredServer(TypedDict):
    """The request that brought the most of a download. Seconds; missing: unknown, or not needed."""

    host: str
    address: NotRequired[str]
    status: NotRequired[int]
    redirects: NotRequired[list[dict[str, Any]]]
    redirect_seconds: float
    resolve_seconds: NotRequired[float]
    connect_seconds: NotRequired[float]
    tls_seconds: NotRequired[float]
    first_byte_seconds: NotRequired[float]


class Measurement(TypedDict):
    """A document of `measurements`: one download. Its parts are those of `DownloadMeasured`."""

    at: datetime
    of: MeasuredAt
    #: The id of the event: one download told twice has one document.
    id: str
    video_id: str
    url: str
    token: int
    scraper: str
    engine: str
    engine_version: NotRequired[str]
    result: Literal["downloaded", "failed"]
    reason: NotRequired[str]
    title: NotRequired[str]
    public_address: NotRequired[str]
    server: NotRequired[MeasuredServer]
    media: NotRequired[dict[str, Any]]
    transfer: NotRequired[dict[str, Any]]
    playback: NotRequired[dict[str, Any]]
    ping: NotRequired[dict[str, Any]]
    #: Of a crawl: its name, the task, the resolver that was asked for, and the time that the download was to last.
    crawl: NotRequired[str]
    task: NotRequired[str]
    asked_resolver: NotRequired[str]
    wanted_seconds: NotRequired[float]
    #: The network of the server: its number, and the name of its holder.
    as_number: NotRequired[int]
    as_name: NotRequired[str]


class MeasuredHour(TypedDict):
    """A document of `measured_hours`: the roll-up of one hour of a time series."""

    _id: str
    hour: datetime
    of: MeasuredAt
    downloads: int
    failed: int
    bytes: int
    #: Of all downloads together.
    seconds: float
    waited_seconds: float
    transfer_seconds: float
    interruptions: int
    stalls: int
    stalled_seconds: float
    #: Their 10th, 50th and 90th percentile; null: nothing was measured.
    average_rate: list[float | None]
    first_byte_seconds: list[float | None]
    startup_seconds: list[float | None]
    #: Its single measurements are still there, as far as is known.
    has_singles: NotRequired[bool]
    #: Some of them as columns: see `measurements.samples`.
    sample: NotRequired[dict[str, list[Any]]]
