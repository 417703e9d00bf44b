"""When a followed source is looked at. Pure: a schedule and times go in, the next time comes out.

`6h`, `90m`, `2d`              every so often
`cron 0 */2 * * * Africa/Porto-Novo`   at the times of a cron line in a time zone (UTC if none is named)
`auto`                         as often as the source publishes: see `rhythm`
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from shared.following.rhythm import interval_of

#: Bounds of an interval, in seconds: a look costs the source a request, and a forgotten source is of no use.
MIN_SECONDS, MAX_SECONDS = 60, 366 * 86_400
#: Part of an interval by which looks are moved, so that those of many sources do not come together.
JITTER = 0.1
#: Seconds by which a cron line's times are moved at most, later only.
CRON_JITTER_SECONDS = 60
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_EVERY = re.compile(r"(\d{1,9})\s*([smhdw])")
_CRON_FIELDS = 5
AUTO = "auto"


@dataclass(frozen=True)
class Schedule:
    """A parsed schedule: exactly one of the three."""

    every_seconds: int | None = None
    cron: str | None = None
    zone: str = "UTC"

    @property
    def auto(self) -> bool:
        """Whether it follows the source's own rhythm."""
        return self.every_seconds is None and self.cron is None


def parse_schedule(text: str) -> Schedule:
    """Parse a schedule. Raises ValueError, whose text shows valid ones."""
    text = " ".join(text.split())
    if text == AUTO:
        return Schedule()
    if text.startswith("cron "):
        return _cron(text.removeprefix("cron ").split(" "))
    found = _EVERY.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} is no schedule. Write 6h, 90m or 2d; auto; or cron 0 */2 * * * Africa/Porto-Novo (minute, hour, "
            "day, month, weekday, time zone)."
        )
    seconds = int(found[1]) * _UNITS[found[2]]
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise ValueError(f"{text!r}: a source is looked at every minute at the most, and once a year at the least.")
    return Schedule(every_seconds=seconds)


def _cron(words: list[str]) -> Schedule:
    line, zone = " ".join(words[:_CRON_FIELDS]), " ".join(words[_CRON_FIELDS:]) or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{zone!r} is no time zone; write one such as Africa/Porto-Novo or UTC.") from error
    try:
        # A line such as that of February 30 never fires.
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))))
    except CronSimError as error:
        raise ValueError(
            f"{line!r} is no cron line that ever fires: {error}. Write minute, hour, day, month and weekday."
        ) from error
    except StopIteration as error:
        raise ValueError(f"{line!r} never fires; no year has such a day.") from error
    return Schedule(cron=line, zone=zone)


def next_look(
    schedule: Schedule, after: datetime, published: tuple[datetime, ...], rng: random.Random, failures: int = 0
) -> datetime:
    """The next look after one that ended at `after` (UTC); looks that were missed meanwhile are not made up for.

    `published`: when the source's entries were published. `failures`: failed looks in a row; each doubles the wait.
    """
    if schedule.cron is not None:
        local = after.astimezone(ZoneInfo(schedule.zone))
        try:
            due = next(CronSim(schedule.cron, local)).astimezone(UTC)
        except StopIteration:
            due = after + timedelta(seconds=MAX_SECONDS)
        return due + timedelta(seconds=rng.uniform(0, CRON_JITTER_SECONDS))
    seconds = float(schedule.every_seconds or interval_of(published, after).total_seconds())
    seconds = min(seconds * 2 ** min(failures, 10), max(seconds, float(_UNITS["d"])))
    return after + timedelta(seconds=seconds * rng.uniform(1 - JITTER, 1 + JITTER))
