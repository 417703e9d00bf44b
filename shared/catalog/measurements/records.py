"""Single measurements: kept once each, and read by time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from shared.catalog.connection import Catalog
from shared.catalog.documents import Measurement
from shared.catalog.documents.measurement import MeasuredServer
from shared.catalog.measurements.hours import mark_hour_due
from shared.catalog.reading.bounded import Page, page_of
from shared.contracts import DownloadMeasured
from shared.contracts.measurement import MeasuredRequest


@dataclass(frozen=True)
class Selection:
    """Which measurements; None: any."""

    since: datetime | None = None
    until: datetime | None = None
    egress: str | None = None
    provider: str | None = None
    source: str | None = None
    purpose: str | None = None
    video_id: str | None = None
    crawl: str | None = None

    def within(self, since: datetime, until: datetime) -> Selection:
        """Return the same measurements of another time."""
        return replace(self, since=since, until=until)

    def query(self, time: str = "at") -> dict[str, Any]:
        """Return the query for them. A series is found by `of`, then by time. `time`: the field with the time."""
        query: dict[str, Any] = {
            f"of.{name}": value
            for name in ("egress", "provider", "source", "purpose")
            if (value := getattr(self, name)) is not None
        }
        query |= {name: value for name in ("video_id", "crawl") if (value := getattr(self, name)) is not None}
        limits = {"$gte": self.since, "$lt": self.until}
        if between := {name: value for name, value in limits.items() if value is not None}:
            query[time] = between
        return query


class Network(NamedTuple):
    """An autonomous system of the internet: its number, and who holds it."""

    number: int
    name: str


async def note_measurement(catalog: Catalog, message: DownloadMeasured, network: Network | None = None) -> bool:
    """Keep a measurement. Returns whether it is new: one that is told again changes nothing.

    `network`: that of the server. If the process dies in between, the message comes again, and its hour is marked then.
    """
    found = as_document(message)
    if network is not None:
        found["as_number"], found["as_name"] = network.number, network.name
    # A time series knows no unique keys, so it is looked for first; the time makes that cheap.
    new = await catalog.measurements.find_one({"at": found["at"], "id": found["id"]}, {"id": 1}) is None
    if new:
        await catalog.measurements.insert_one(found)
    await mark_hour_due(catalog, found["at"])
    return new


def kept_time(moment: datetime) -> datetime:
    """Return a moment as the database keeps it, to the millisecond: it finds only what it keeps."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def as_document(message: DownloadMeasured) -> Measurement:
    """Return the document of a measurement."""
    fields = message.model_dump(mode="python", exclude_none=True)
    found: dict[str, Any] = {
        "at": kept_time(message.measured_at),
        "of": {name: fields.pop(name) for name in ("egress", "provider", "source", "purpose")},
        "id": message.message_id(),
    }
    del fields["measured_at"]
    if (request := _most_bringing(message)) is not None:
        found["server"] = _server(request)
    return cast("Measurement", found | fields)


def serving_address(message: DownloadMeasured) -> str | None:
    """Return the IP address of the server that sent the most; None: it is unknown."""
    request = _most_bringing(message)
    return request.address if request is not None else None


def _most_bringing(message: DownloadMeasured) -> MeasuredRequest | None:
    requests = message.transfer.requests if message.transfer is not None else ()
    return max(requests, key=lambda request: request.bytes, default=None)


def _server(request: MeasuredRequest) -> MeasuredServer:
    of_the_transfer = {"offset_bytes", "bytes", "seconds", "reused", "broken"}
    return cast("MeasuredServer", request.model_dump(exclude_none=True, exclude=of_the_transfer))


async def measurements_page(
    catalog: Catalog, selection: Selection, limit: int, after: tuple[datetime, str] | None = None
) -> Page[Measurement]:
    """Return measurements, the newest first. `after`: time and id of the last one before."""
    query = selection.query()
    if after is not None:
        at, id_ = after
        query = {"$and": [query, {"$or": [{"at": {"$lt": at}}, {"at": at, "id": {"$lt": id_}}]}]}
    return await page_of(catalog.measurements.find(query, {"_id": 0}).sort([("at", -1), ("id", -1)]), limit)


async def each_measurement(catalog: Catalog, selection: Selection) -> AsyncIterator[Measurement]:
    """Yield measurements in the order of time, in constant memory."""
    async with catalog.measurements.find(selection.query(), {"_id": 0}).sort("at", 1) as cursor:
        async for found in cursor:
            yield found


async def measurements_of_attempts(catalog: Catalog, video_id: str) -> Mapping[int, dict[str, Any]]:
    """Return what the log has of the downloads of a video, by the fencing token of the attempt."""
    entries = catalog.logs.find({"video_id": video_id, "measured": {"$exists": True}}, {"token": 1, "measured": 1})
    return {entry["token"]: entry["measured"] async for entry in entries}
