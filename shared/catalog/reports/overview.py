"""The figures of the overview: recent throughput, waiting work with its age, and the progress of the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.catalog.collection import Collection
from shared.catalog.connection import Catalog
from shared.catalog.documents import PlaylistState, VideoState
from shared.catalog.reading.expressions import first_moment
from shared.catalog.videos.mirroring import UNMIRRORED, count_unmirrored
from shared.topology import (
    CHECKED_QUEUE,
    CHECKS_QUEUE,
    DELIVERIES_QUEUE,
    FAILURES_QUEUE,
    MEASUREMENTS_QUEUE,
    NOTIFY_EVENTS_QUEUE,
    PLAYLISTS_QUEUE,
    PROBED_QUEUE,
    PROBES_QUEUE,
    STORED_QUEUE,
    URGENT_QUEUE,
    VIDEOS_QUEUE,
)


class HourCount(NamedTuple):
    """The counts of one hour."""

    #: Its beginning.
    hour: datetime
    #: Videos stored, and seconds of their audio.
    videos: int
    seconds: float
    #: Attempts that failed.
    failed: int


class DueCount(NamedTuple):
    """How many videos are due from the previous count's `until` to this one; None: all later ones."""

    until: datetime | None
    videos: int


class MirrorStatus(NamedTuple):
    """How many stored videos have a verified copy."""

    stored: int
    mirrored: int
    waiting: int
    oldest_waiting_at: datetime | None


async def throughput(catalog: Catalog, hours: int) -> list[HourCount]:
    """Return the counts of the last `hours`, including the present one, the oldest first."""
    this_hour = (await catalog.now()).replace(minute=0, second=0, microsecond=0)
    begins = [this_hour - timedelta(hours=back) for back in reversed(range(hours))]
    stored = await _by_hour(catalog.videos, "audio.stored_at", {}, begins[0], {"$sum": "$audio.duration_seconds"})
    failed = await _by_hour(catalog.logs, "timestamp", {"status": "failed"}, begins[0], {"$sum": 0})
    return [HourCount(hour, *stored.get(hour, (0, 0.0)), failed.get(hour, (0, 0.0))[0]) for hour in begins]


async def _by_hour(
    collection: Collection[Any], field: str, match: dict[str, Any], since: datetime, seconds: dict[str, Any]
) -> dict[datetime, tuple[int, float]]:
    group = {
        "_id": {"$dateTrunc": {"date": f"${field}", "unit": "hour"}},
        "number": {"$sum": 1},
        "seconds": seconds,
    }
    pipeline: list[dict[str, Any]] = [{"$match": {**match, field: {"$gte": since}}}, {"$group": group}]
    rows: list[Any] = await (await collection.aggregate(pipeline)).to_list()
    return {row["_id"]: (row["number"], row["seconds"]) for row in rows}


async def retries_due(catalog: Catalog, steps: Sequence[timedelta]) -> list[DueCount]:
    """Return how many videos wait, by when they are due: overdue, then within each step from now, then later."""
    now = await catalog.now()
    ends = [now, *(now + step for step in steps)]
    counts: list[DueCount] = []
    since: datetime | None = None
    for until in [*ends, None]:
        due = {name: moment for name, moment in (("$gte", since), ("$lt", until)) if moment is not None}
        number = await catalog.videos.count_documents({"state": VideoState.WAITING, "retry.due_at": due})
        counts.append(DueCount(until, number))
        since = until
    return counts


async def oldest_by_queue(catalog: Catalog) -> dict[str, datetime | None]:
    """Return since when the oldest item of each queue waits, by the catalog: also while the broker is away."""
    videos, playlists = catalog.videos, catalog.playlists
    return {
        PLAYLISTS_QUEUE: await _oldest(playlists, {"state": PlaylistState.ACCEPTED}, "submitted_at"),
        URGENT_QUEUE: await _oldest(videos, {"state": VideoState.QUEUED, "urgent": True}, "state_since"),
        VIDEOS_QUEUE: await _oldest(videos, {"state": VideoState.QUEUED, "urgent": None}, "state_since"),
        FAILURES_QUEUE: await _oldest(
            videos, {"state": VideoState.WAITING, "retry.decided": False}, "retry.last_failed_at"
        ),
        STORED_QUEUE: await _oldest(videos, UNMIRRORED, "audio.stored_at"),
        CHECKS_QUEUE: await _oldest(catalog.sources, {"lease_until": {"$gt": await catalog.now()}}, "asked_at"),
        # The catalog does not know what waits in these.
        **dict.fromkeys((CHECKED_QUEUE, NOTIFY_EVENTS_QUEUE, DELIVERIES_QUEUE)),
        **dict.fromkeys((MEASUREMENTS_QUEUE, PROBES_QUEUE, PROBED_QUEUE)),
    }


async def mirror_status(catalog: Catalog) -> MirrorStatus:
    """How many stored videos have a verified copy."""
    stored = await catalog.videos.count_documents({"state": VideoState.STORED})
    waiting = await count_unmirrored(catalog)
    return MirrorStatus(stored, stored - waiting, waiting, await _oldest(catalog.videos, UNMIRRORED, "audio.stored_at"))


async def _oldest(collection: Collection[Any], query: dict[str, Any], field: str) -> datetime | None:
    # Values that are no moments sort before all moments.
    oldest = {"$min": first_moment(field)}
    pipeline: list[dict[str, Any]] = [{"$match": query}, {"$group": {"_id": None, "oldest": oldest}}]
    rows: list[Any] = await (await collection.aggregate(pipeline)).to_list()
    return rows[0]["oldest"] if rows else None
