"""Moments as people read and write them: in local time, with the zone. No other module of the commands formats one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.errors import REFUSED, CliError

#: Days, hours and minutes in seconds, for --since 3d.
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}


def local(when: str | datetime) -> datetime:
    """A moment in local time. `when`: as the API writes it, or as a database gives it (UTC where no zone is named)."""
    moment_ = datetime.fromisoformat(when) if isinstance(when, str) else when
    moment_ = moment_ if moment_.tzinfo is not None else moment_.replace(tzinfo=UTC)
    try:
        return moment_.astimezone()
    except ValueError:
        # TZ names an offset that no zone has, such as UTC+25.
        return moment_.astimezone(UTC)


def clock(when: str | datetime | None) -> str:
    """A moment to the second, with its zone: 2026-05-01 14:00:00 CEST. "" for None."""
    return f"{local(when):%Y-%m-%d %H:%M:%S %Z}" if when else ""


def moment(when: str | datetime | None, now: datetime | None = None) -> str:
    """A moment as short as it can be, with its zone: today the time, this year day and time, else the day."""
    if not when:
        return ""
    here, then = local(now or datetime.now(UTC)), local(when)
    if then.date() == here.date():
        return time_of_day(then)
    return f"{then:%d %b %H:%M %Z}" if then.year == here.year else f"{then:%d %b %Y}"


def time_of_day(when: datetime) -> str:
    """14:00:00 CEST"""
    return f"{local(when):%H:%M:%S %Z}"


def seconds_until(when: str, now: datetime | None = None) -> float:
    """Seconds from now until a moment; negative if it has passed."""
    return (local(when) - (now or datetime.now(UTC))).total_seconds()


def for_scripts(when: datetime) -> str:
    """A moment in ISO 8601 with its offset, for --json."""
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).isoformat()


def file_stamp(when: datetime) -> str:
    """A moment for the name of a file, in UTC: 20260501T120000Z."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def since_when(text: str) -> str:
    """A moment as people write it, in ISO 8601 with its offset. Without a zone it is local. Raises CliError."""
    if text[-1:] in _UNITS and text[:-1].isdigit():
        try:
            return for_scripts(datetime.now(UTC) - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]]))
        except OverflowError as error:
            raise CliError(f"{text!r} is longer ago than there are dates. Write fewer days.", REFUSED) from error
    try:
        return for_scripts(datetime.fromisoformat(text).astimezone())
    except (ValueError, OverflowError) as error:
        raise CliError(
            f"{text!r} is no moment. Write 2026-05-01, 2026-05-01T12:00, 3d, 12h or 30m.", REFUSED
        ) from error
