"""/v1/measurements: how downloads went, one by one and by the hour."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query

from services.api.backend import Backend, BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor
from services.api.http.problems import Problem, documented
from services.api.schemas.fields import Text
from services.api.schemas.measurements import (
    MeasuredHourPage,
    MeasurementPage,
    RateOut,
    RatesOut,
    SeriesListOut,
    SeriesOut,
    ValuesOut,
)
from services.api.serializers.measurements import hour_out, measurement_out
from shared.catalog.measurements.hours import HOUR, hour_of, hours_page
from shared.catalog.measurements.records import Selection, measurements_page
from shared.catalog.measurements.samples import Grouping, Parameter
from shared.catalog.measurements.usual import rates
from shared.catalog.measurements.values import USUAL_TIME, read_series, read_values
from shared.untrusted.bounds import within_calendar

router = APIRouter(prefix="/v1/measurements", tags=["measurements"])

#: A time with its zone, as RFC 3339 writes it. Read by ourselves: pydantic would take 0.5 for a moment of 1970.
Moment = Annotated[
    str | None,
    Query(
        max_length=40,
        description="A time with its zone, such as 2026-11-26T08:00:00Z.",
        json_schema_extra={"format": "date-time"},
    ),
]
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
Purpose = Literal["archive", "probe"] | None


class MeasurementPosition(NamedTuple):
    """Time and id of the last measurement of a page."""

    at: datetime
    id: str


class HourPosition(NamedTuple):
    """The hour of the last roll-up of a page, and its key."""

    hour: datetime
    key: str


def selected(
    since: Moment = None,
    until: Moment = None,
    egress: Text | None = None,
    provider: Text | None = None,
    source: Text | None = None,
    purpose: Purpose = None,
) -> Selection:
    """Which measurements are asked for. Raises a Problem (400) for what is no time, and for times in wrong order."""
    begin, end = _moment("since", since), _moment("until", until)
    if begin is not None and end is not None and begin >= end:
        raise Problem(400, "since is not before until. Correct one of them.")
    return Selection(begin, end, egress, provider, source, purpose)


def _moment(name: str, text: str | None) -> datetime | None:
    """Read a time. Raises a Problem (400)."""
    if text is None:
        return None
    try:
        if _RFC_3339.fullmatch(text) is None:
            raise ValueError("it is not written so")
        return within_calendar(datetime.fromisoformat(text.upper()))
    except ValueError as error:
        raise Problem(
            400, f"{name} is no time with a zone: {error}. Write it as 2026-11-26T08:00:00Z.", code="bad-time"
        ) from error


Selected = Annotated[Selection, Depends(selected)]


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    selection: Selected,
    video_id: Text | None = None,
    crawl: Text | None = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> MeasurementPage:
    """List measurements of downloads, the newest first."""
    after = cursor.decode(cursor_, MeasurementPosition)
    found = await measurements_page(backend.catalog, replace(selection, video_id=video_id, crawl=crawl), limit, after)
    last = MeasurementPosition(found.last["at"], found.last["id"]) if found.last is not None else None
    return MeasurementPage(
        items=[measurement_out(each) for each in found.items], next=cursor.encode(last) if last is not None else None
    )


@router.get("/hours", responses=documented(400))
async def hours(
    backend: BackendDep,
    selection: Selected,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> MeasuredHourPage:
    """List the hours in which something was downloaded, the earliest first: one item for each egress and source."""
    after = cursor.decode(cursor_, HourPosition)
    found = await hours_page(backend.catalog, selection.query("hour"), limit, after)
    last = HourPosition(found.last["hour"], found.last["_id"]) if found.last is not None else None
    return MeasuredHourPage(
        items=[hour_out(each) for each in found.items], next=cursor.encode(last) if last is not None else None
    )


@router.get("/rates")
async def egress_rates(backend: BackendDep) -> RatesOut:
    """Compare how fast each egress downloads now with its usual rate."""
    found = await rates(backend.catalog)
    return RatesOut(items=[RateOut(**each._asdict(), share=each.share) for each in found])


@router.get("/values", responses=documented(400))
async def values(
    backend: BackendDep,
    selection: Selected,
    parameter: Parameter = Parameter.AVERAGE_RATE,
    by: Grouping = Grouping.EGRESS,
    crawl: Text | None = None,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 10_000,
) -> ValuesOut:
    """Read one parameter of the last week, or of another time, for pictures of it.

    Where there are more values than `limit`, these are evenly spread over the time.
    """
    since, until = await _ends(backend, selection)
    found = await read_values(
        backend.catalog, replace(selection.within(since, until), crawl=crawl), parameter, by, limit
    )
    return ValuesOut(parameter=parameter, since=since, until=until, **found._asdict())


@router.get("/series", responses=documented(400))
async def series(backend: BackendDep, since: Moment = None, until: Moment = None) -> SeriesListOut:
    """List which egresses downloaded from which sources in the last week, or in another time."""
    found = await read_series(backend.catalog, *await _ends(backend, selected(since, until)))
    return SeriesListOut(items=[SeriesOut(**each._asdict()) for each in found])


async def _ends(backend: Backend, selection: Selection) -> tuple[datetime, datetime]:
    """The beginning and the end of the time that is asked for. Raises a Problem (400) if they are in wrong order.

    By default it ends with the present hour, so that an answer stays the same until something is measured.
    """
    until = selection.until or hour_of(await backend.catalog.now()) + HOUR
    try:
        since = selection.since or until - USUAL_TIME
    except OverflowError as error:
        raise Problem(400, "until is at the beginning of the calendar. Name a later time.") from error
    if since >= until:
        raise Problem(400, "since is not before until. Correct one of them.")
    return since, until
