"""When digests and summaries are due. Pure.

`at-once`   with each event
`never`     not at all
`daily`, `weekly`   at 7:00 UTC, a week's on Monday
`cron 0 18 * * 5 Africa/Porto-Novo`   at the times of a cron line
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from shared.following.schedule import parse_schedule

AT_ONCE, NEVER = "at-once", "never"
_NAMED = {"daily": "cron 0 7 * * * UTC", "weekly": "cron 0 7 * * 1 UTC"}


def parse_times(text: str) -> str:
    """Return `at-once`, `never`, or a cron line. Raises ValueError, whose text shows valid ones."""
    text = " ".join(text.split())
    if text in (AT_ONCE, NEVER):
        return text
    if text in _NAMED:
        return _NAMED[text]
    if not text.startswith("cron "):
        raise ValueError(f"{text!r} is no time. Write daily, weekly, at-once, never, or cron 0 18 * * 5 Africa/Lagos.")
    parse_schedule(text)
    return text


def latest_due(times: str, after: datetime, now: datetime) -> datetime | None:
    """The latest time that has come since `after`, in UTC; None if none has. Earlier ones are not made up for."""
    if times in (AT_ONCE, NEVER):
        return None
    schedule = parse_schedule(times)
    assert schedule.cron is not None
    local = now.astimezone(ZoneInfo(schedule.zone))
    try:
        latest = next(CronSim(schedule.cron, local, reverse=True)).astimezone(UTC)
    except StopIteration:
        return None
    return latest if latest > after else None
