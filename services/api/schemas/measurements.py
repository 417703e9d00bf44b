"""Schemas of measurements: how downloads went. docs/measurements.md explains each field."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from shared.catalog.measurements.samples import Parameter


class RedirectOut(BaseModel):
    """A server sent a request elsewhere."""

    status: int
    host: str


class PartOut(BaseModel):
    """One of several requests for the media of a download."""

    host: str
    status: int | None
    #: The first byte that was asked for.
    offset_bytes: int | None
    bytes: int
    seconds: float
    #: It broke before its end.
    broken: bool


class MeasurementOut(BaseModel):
    """One download. Seconds are seconds, rates bytes per second; null: unknown, or not needed."""

    id: str
    at: datetime
    video_id: str
    url: str
    title: str | None
    #: The number of the attempt's claim on the video.
    token: int
    purpose: Literal["archive", "probe"]
    source: str
    egress: str
    provider: str
    scraper: str
    engine: str
    engine_version: str | None
    result: Literal["downloaded", "failed"]
    reason: str | None
    public_address: str | None
    #: The server that sent the most of it.
    host: str | None
    address: str | None
    status: int | None
    redirects: list[RedirectOut]
    #: The network of that server: its number, and who holds it.
    as_number: int | None
    as_name: str | None
    redirect_seconds: float | None
    resolver: str | None
    resolve_seconds: float | None
    connect_seconds: float | None
    tls_seconds: float | None
    first_byte_seconds: float | None
    format: str | None
    extension: str | None
    protocol: str | None
    codec: str | None
    encoding_kbps: float | None
    duration_seconds: float | None
    size_bytes: int | None
    requests: int
    #: The first 20 of them, where there were several.
    parts: list[PartOut]
    bytes: int
    seconds: float | None
    #: Of those, in which we asked nothing of the network.
    waited_seconds: float | None
    #: In which media arrived.
    transfer_seconds: float | None
    average_rate: float | None
    peak_rate: float | None
    interruptions: int
    proxied: bool | None
    #: What a player would have done.
    startup_seconds: float | None
    startup_bytes: int | None
    startup_buffer_seconds: float | None
    stalls: int | None
    stalled_seconds: float | None
    played_seconds: float | None
    buffered_seconds: float | None
    #: Round trips to that server, in a crawl; icmp: echo requests, tcp: opened connections.
    ping_method: Literal["icmp", "tcp"] | None
    ping_sent: int | None
    ping_received: int | None
    ping_minimum_seconds: float | None
    ping_average_seconds: float | None
    ping_maximum_seconds: float | None
    #: The crawl that it was made for; the download was to end after so many seconds.
    crawl: str | None
    wanted_seconds: float | None


class MeasurementPage(BaseModel):
    """A page of measurements, the newest first."""

    items: list[MeasurementOut]
    next: str | None


class PercentilesOut(BaseModel):
    """Three percentiles; null: nothing was measured."""

    p10: float | None
    p50: float | None
    p90: float | None


class MeasuredHourOut(BaseModel):
    """The downloads of one hour through one egress."""

    hour: datetime
    purpose: Literal["archive", "probe"]
    source: str
    egress: str
    provider: str
    downloads: int
    failed: int
    bytes: int
    seconds: float
    waited_seconds: float
    transfer_seconds: float
    interruptions: int
    stalls: int
    stalled_seconds: float
    average_rate: PercentilesOut
    first_byte_seconds: PercentilesOut
    startup_seconds: PercentilesOut


class RateOut(BaseModel):
    """How fast an egress downloads from a source now, and usually. Bytes per second; null: too little to say."""

    egress: str
    source: str
    #: The middle rate of the last three hours.
    recent: float | None
    #: Downloads of these hours.
    downloads: int
    #: The middle rate of the two weeks before.
    usual: float | None
    #: recent ÷ usual.
    share: float | None


class RatesOut(BaseModel):
    """The rates of each egress at each source, by name."""

    items: list[RateOut]


class MeasuredHourPage(BaseModel):
    """A page of hours, the earliest first."""

    items: list[MeasuredHourOut]
    next: str | None


class ValuesOut(BaseModel):
    """Values of one parameter, as columns of equal length, in the order of time."""

    parameter: Parameter
    #: The time that they are of.
    since: datetime
    until: datetime
    #: Measurements of that time, with or without the parameter; of many about as many, since whole hours are counted.
    total: int
    #: Whether these are all of them. Else they are evenly spread over the time.
    complete: bool
    #: Names of the groups; "": nothing is known.
    groups: list[str]
    #: Of each value: when, in seconds since 1970; the index of its group; and the value. Rates are bytes per second.
    at: list[float]
    group: list[int]
    value: list[float]
    #: How many downloads each value stands for.
    weight: list[float]


class SeriesOut(BaseModel):
    """Downloads of one egress, provider, source and purpose."""

    egress: str
    provider: str
    source: str
    purpose: Literal["archive", "probe"]
    downloads: int


class SeriesListOut(BaseModel):
    """What was downloaded from where, by name."""

    items: list[SeriesOut]
