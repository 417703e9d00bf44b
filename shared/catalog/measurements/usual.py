"""Whether downloads come as fast as the same egress usually has them."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import MeasuredHour

#: What counts as now, and what it is compared with: two weeks have every hour of a day, and every day of a week, twice.
RECENT, USUAL = timedelta(hours=3), timedelta(days=14)
#: Downloads that a recent rate needs, and hours that a usual one needs. With fewer, chance decides.
MIN_DOWNLOADS, MIN_HOURS = 10, 24


class Rates(NamedTuple):
    """The rates of an egress at a source, in bytes per second; None: too little was downloaded to say."""

    egress: str
    source: str
    recent: float | None
    #: Downloads of the recent hours.
    downloads: int
    usual: float | None

    @property
    def share(self) -> float | None:
        """The recent rate divided by the usual one; None: unknown."""
        return self.recent / self.usual if self.recent is not None and self.usual else None


async def rates(catalog: Catalog) -> list[Rates]:
    """Return the rates of each egress at each source from which it has downloaded in two weeks, by name."""
    now = await catalog.now()
    fields = {"hour": 1, "of": 1, "downloads": 1, "average_rate": 1}
    found = catalog.measured_hours.find({"hour": {"$gte": now - USUAL - RECENT}, "of.purpose": "archive"}, fields)
    return compared(await found.to_list(), now)


def compared(hours: Iterable[MeasuredHour], now: datetime) -> list[Rates]:
    """Compare the recent hours with those before. Providers of one egress are taken together."""
    recent: dict[tuple[str, str], list[MeasuredHour]] = defaultdict(list)
    before: dict[tuple[str, str], list[float]] = defaultdict(list)
    for hour in hours:
        place = hour["of"]["egress"], hour["of"]["source"]
        middle = hour["average_rate"][1]
        if hour["hour"] >= now - RECENT:
            recent[place].append(hour)
        elif middle is not None:
            before[place].append(middle)
    return [
        Rates(
            *place,
            recent=_middle(recent[place]),
            downloads=sum(hour["downloads"] for hour in recent[place]),
            usual=statistics.median(before[place]) if len(before[place]) >= MIN_HOURS else None,
        )
        for place in sorted(recent.keys() | before.keys())
    ]


def _middle(hours: list[MeasuredHour]) -> float | None:
    """The middle rate of some hours, each as often as it has downloads; None: too few."""
    rated = [(middle, hour["downloads"]) for hour in hours if (middle := hour["average_rate"][1]) is not None]
    if sum(number for _, number in rated) < MIN_DOWNLOADS:
        return None
    return statistics.median([middle for middle, number in rated for _ in range(number)])
