"""The values of one parameter over a time, for pictures: as many as wanted, evenly spread over the time.

They are those of the roll-ups' samples, which stay for ever, and are as quick to read whatever was measured in between.
A crawl's are read one by one, since no sample has them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import MeasuredHour
from shared.catalog.measurements.hours import HOUR
from shared.catalog.measurements.records import Selection
from shared.catalog.measurements.samples import Grouping, Parameter, group_in, value_in

#: The time that is shown where none is named.
USUAL_TIME = timedelta(days=7)


class Values(NamedTuple):
    """Values in the order of time."""

    #: Measurements of that time, with or without the parameter; whole hours are counted.
    total: int
    #: Whether these are all of them.
    complete: bool
    #: Names of the groups; "": nothing is known.
    groups: list[str]
    #: Of each value: when, in seconds since 1970; the index of its group; and the value.
    at: list[float]
    group: list[int]
    value: list[float]
    #: How many downloads each stands for: of a busy hour the sample is a smaller part.
    weight: list[float]


class Series(NamedTuple):
    """Downloads of one egress, provider, source and purpose."""

    egress: str
    provider: str
    source: str
    purpose: str
    downloads: int


class _Row(NamedTuple):
    at: datetime
    group: str
    value: float
    weight: float = 1


async def read_values(catalog: Catalog, selection: Selection, parameter: Parameter, by: Grouping, limit: int) -> Values:
    """Return up to about `limit` values. `selection` names the beginning and the end of the time."""
    if selection.crawl is not None:
        return await _of_crawl(catalog, selection, parameter, by, limit)
    assert selection.since is not None
    query = selection.query("hour")
    query["hour"]["$gte"] = selection.since - HOUR
    columns = {"at", parameter.value} | ({by.value} if by.in_sample else set())
    wanted = {"hour": 1, "of": 1, "downloads": 1, **{f"sample.{name}": 1 for name in columns}}
    hours = await catalog.measured_hours.find(query, wanted).sort([("hour", 1), ("_id", 1)]).to_list()
    total = sum(hour["downloads"] for hour in hours)
    sampled = sum(len(_times(hour)) for hour in hours)
    # Of each hour the same number, so that quiet hours are seen too. Each sample is in an order of chance.
    most = limit if sampled <= limit else max(1, limit // max(1, len(hours)))
    rows = [row for hour in hours for row in _rows(hour, parameter, by, most) if _is_within(row.at, selection)]
    return _columns(sorted(rows), total, complete=total == sampled <= limit)


async def read_series(catalog: Catalog, since: datetime, until: datetime) -> list[Series]:
    """Return what was downloaded from where in the hours of a time, by name."""
    found = await catalog.measured_hours.aggregate(
        [
            {"$match": {"hour": {"$gte": since - HOUR, "$lt": until}}},
            {"$group": {"_id": "$of", "downloads": {"$sum": "$downloads"}}},
        ]
    )
    return sorted(Series(**row["_id"], downloads=row["downloads"]) for row in await found.to_list())


async def _of_crawl(catalog: Catalog, selection: Selection, parameter: Parameter, by: Grouping, limit: int) -> Values:
    """Read the measurements of a crawl, the latest ones if there are too many."""
    query = selection.query()
    total = await catalog.measurements.count_documents(query)
    wanted = {"_id": 0, "at": 1, parameter.path: 1, by.path: 1, "as_name": 1}
    found = await catalog.measurements.find(query, wanted).sort("at", -1).limit(limit).to_list()
    rows = [
        _Row(measurement["at"], group_in(measurement, by), value)
        for measurement in reversed(found)
        if (value := value_in(measurement, parameter)) is not None
    ]
    return _columns(rows, total, complete=total <= limit)


def _times(hour: MeasuredHour) -> Sequence[datetime]:
    times: Sequence[datetime] = hour.get("sample", {}).get("at", ())
    return times


def _rows(hour: MeasuredHour, parameter: Parameter, by: Grouping, most: int) -> Iterator[_Row]:
    sample: Mapping[str, Sequence[Any]] = hour.get("sample", {})
    times = _times(hour)
    values = sample.get(parameter.value) or [None] * len(times)
    same = str(hour["of"].get(by.value, ""))
    groups = (sample.get(by.value) or [""] * len(times)) if by.in_sample else [same] * len(times)
    shown = list(zip(times, groups, values, strict=True))[:most]
    for at, group, value in shown:
        if value is not None:
            yield _Row(at, group, value, hour["downloads"] / len(shown))


def _is_within(at: datetime, selection: Selection) -> bool:
    assert selection.since is not None
    assert selection.until is not None
    return selection.since <= at < selection.until


def _columns(rows: Sequence[_Row], total: int, *, complete: bool) -> Values:
    places: dict[str, int] = {}
    for row in rows:
        places.setdefault(row.group, len(places))
    return Values(
        total,
        complete,
        list(places),
        [row.at.timestamp() for row in rows],
        [places[row.group] for row in rows],
        [row.value for row in rows],
        [row.weight for row in rows],
    )
