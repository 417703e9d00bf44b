"""Roll-ups: each hour of a series in one document, made again whenever the hour gets another measurement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from shared.catalog.connection import Catalog
from shared.catalog.documents import MeasuredHour
from shared.catalog.measurements.samples import sampled, series_key
from shared.catalog.reading.bounded import Page, page_of

HOUR = timedelta(hours=1)
#: Hours whose roll-up is made in one round.
_AT_ONCE = 1000
_PERCENTILES = [0.1, 0.5, 0.9]


def hour_of(moment: datetime) -> datetime:
    """Return the beginning of the hour of a moment, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


async def mark_hour_due(catalog: Catalog, moment: datetime) -> None:
    """Note that the roll-up of an hour lacks a measurement. Do so after the measurement is kept."""
    await catalog.measured_hours_due.update_one({"_id": hour_of(moment)}, {"$inc": {"n": 1}}, upsert=True)


async def roll_up_due(catalog: Catalog, kept_since: datetime) -> int:
    """Make the roll-ups that are due. Returns of how many hours. Doing so twice, or by two at once, is harmless.

    `kept_since`: single measurements of the hours before are deleted. A roll-up of such an hour is not made again: it
    would lack them.
    """
    due = await catalog.measured_hours_due.find().sort("_id", 1).limit(_AT_ONCE).to_list()
    for mark in due:
        hour = mark["_id"]
        change = "$set" if hour >= hour_of(kept_since) else "$setOnInsert"
        for rolled in await _rolled_up(catalog, hour):
            fields = {name: value for name, value in rolled.items() if name != "_id"}
            await catalog.measured_hours.update_one({"_id": rolled["_id"]}, {change: fields}, upsert=True)
            # Apart, since an hour that stays as it was may have got a late one.
            await catalog.measured_hours.update_one({"_id": rolled["_id"]}, {"$set": {"has_singles": True}})
        # Measurements that came meanwhile have marked it again.
        await catalog.measured_hours_due.delete_one({"_id": hour, "n": mark["n"]})
    return len(due)


async def forget_measurements(catalog: Catalog, before: datetime) -> int:
    """Delete single measurements of the hours before a moment whose roll-ups are made, hour by hour. Returns how many.

    At most so many hours at once; call it again for more.
    """
    oldest_due = await catalog.measured_hours_due.find().sort("_id", 1).limit(1).to_list()
    until = min([hour_of(before), *(mark["_id"] for mark in oldest_due)])
    query = {"has_singles": True, "hour": {"$lt": until}}
    over = await catalog.measured_hours.find(query, {"hour": 1}).sort("hour", 1).limit(_AT_ONCE).to_list()
    deleted = 0
    for hour in sorted({rolled["hour"] for rolled in over}):
        # Not all at once: a month of a busy archive would take longer than the database may take to answer.
        of_hour = {"at": {"$gte": hour, "$lt": hour + HOUR}}
        deleted += (await catalog.measurements.delete_many(of_hour)).deleted_count
        await catalog.measured_hours.update_many({"hour": hour}, {"$unset": {"has_singles": ""}})
    return deleted


async def hours_page(
    catalog: Catalog, query: dict[str, Any], limit: int, after: tuple[datetime, str] | None = None
) -> Page[MeasuredHour]:
    """Return roll-ups in the order of time. `after`: hour and key of the last one before."""
    if after is not None:
        hour, key = after
        query = {"$and": [query, {"$or": [{"hour": {"$gt": hour}}, {"hour": hour, "_id": {"$gt": key}}]}]}
    return await page_of(catalog.measured_hours.find(query).sort([("hour", 1), ("_id", 1)]), limit)


async def _rolled_up(catalog: Catalog, hour: datetime) -> Sequence[MeasuredHour]:
    rows = await catalog.measurements.aggregate(
        [
            {"$match": {"at": {"$gte": hour, "$lt": hour + HOUR}}},
            {
                "$group": {
                    "_id": "$of",
                    "downloads": {"$sum": 1},
                    "failed": {"$sum": {"$cond": [{"$eq": ["$result", "failed"]}, 1, 0]}},
                    "bytes": {"$sum": "$transfer.bytes"},
                    "seconds": {"$sum": "$transfer.seconds"},
                    "waited_seconds": {"$sum": "$transfer.waited_seconds"},
                    "transfer_seconds": {"$sum": "$transfer.transfer_seconds"},
                    "interruptions": {"$sum": "$transfer.interruptions"},
                    "stalls": {"$sum": "$playback.stalls"},
                    "stalled_seconds": {"$sum": "$playback.stalled_seconds"},
                    "average_rate": _percentiles("$transfer.average_rate"),
                    "first_byte_seconds": _percentiles("$server.first_byte_seconds"),
                    "startup_seconds": _percentiles("$playback.startup_seconds"),
                }
            },
        ]
    )
    samples = await sampled(catalog, {"at": {"$gte": hour, "$lt": hour + HOUR}})
    return [
        cast(
            "MeasuredHour",
            {
                **row,
                "_id": _key(hour, row["_id"]),
                "hour": hour,
                "of": row["_id"],
                # Empty only if they were deleted in between.
                "sample": samples.get(series_key(row["_id"]), {}),
            },
        )
        for row in await rows.to_list()
    ]


def _percentiles(field: str) -> dict[str, Any]:
    return {"$percentile": {"input": field, "p": _PERCENTILES, "method": "approximate"}}


def _key(hour: datetime, of: dict[str, str]) -> str:
    # A provider's name may hold anything; no other part has a slash.
    return f"{hour:%Y-%m-%dT%H}/{of['egress']}/{of['source']}/{of['purpose']}/{of['provider']}"
