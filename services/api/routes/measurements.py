"""/v1/measurements: how downloads went, one by one and by the hour."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Depends, Query

from services.api.backend import BackendDep
from services.api.http import cursor
from services.api.http.parameters import Cursor
from services.api.http.problems import Problem, documented
from services.api.measurements_out import hour_out, measurement_out
from services.api.schemas.fields import Text
from services.api.schemas.measurements import MeasuredHourPage, MeasurementPage
from shared.catalog.measurements.hours import hours_page
from shared.catalog.measurements.records import Selection, measurements_page
from shared.untrusted.bounds import within_calendar

router = APIRouter(prefix="/v1/measurements", tags=["measurements"])

Moment = Annotated[datetime | None, Query(description="A time with its zone, such as 2026-11-26T08:00:00Z.")]
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
    provider: str | None = None,
    source: Text | None = None,
    purpose: Purpose = None,
) -> Selection:
    """Which measurements are asked for. Raises a Problem (400) for times without a zone, or in the wrong order."""
    moments: dict[str, datetime | None] = {}
    for name, value in (("since", since), ("until", until)):
        if value is not None and value.tzinfo is None:
            raise Problem(400, f"{name} has no time zone. Write it as 2026-11-26T08:00:00Z.")
        try:
            moments[name] = within_calendar(value) if value is not None else None
        except ValueError as error:
            raise Problem(400, f"{name} is no time that can be asked for: {error}.") from error
    if since is not None and until is not None and since >= until:
        raise Problem(400, "since is not before until. Correct one of them.")
    return Selection(moments["since"], moments["until"], egress, provider, source, purpose)


Selected = Annotated[Selection, Depends(selected)]


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    selection: Selected,
    video_id: Text | None = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> MeasurementPage:
    """List measurements of downloads, the newest first."""
    after = cursor.decode(cursor_, MeasurementPosition)
    wanted = Selection(**{**selection.__dict__, "video_id": video_id})
    found = await measurements_page(backend.catalog, wanted, limit, after)
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
