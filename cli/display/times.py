"""Times as people read and write them: local, with the zone. No other module of the commands formats times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.errors import REFUSED, CliError

#: Days, hours and minutes in seconds, for --since 3d.
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}


def local(when: str | datetime) -> datetime:
    """Return a time in the local zone. `when`: as the API or a database gives it; UTC if it has no zone."""
    moment_ = datetime.fromisoformat(when) if isinstance(when, str) else when
    moment_ = moment_ if moment_.tzinfo is not None else moment_.replace(tzinfo=UTC)
    try:
        return moment_.astimezone()
    except ValueError:
        # TZ names an impossible offset, such as UTC+25.
        return moment_.astimezone(UTC)


def clock(when: str | datetime | None) -> str:
    """Return a time to the second, with its zone: 2026-05-01 14:00:00 CEST. "" for None."""
    return f"{local(when):%Y-%m-%d %H:%M:%S %Z}" if when else ""


def moment(when: str | datetime | None, now: datetime | None = None) -> str:
    """Return a time as short as possible: today the time of day, this year day and time, else the day. "" for None."""
    if not when:
        return ""
    here, then = local(now or datetime.now(UTC)), local(when)
    if then.date() == here.date():
        return time_of_day(then)
    return f"{then:%d %b %H:%M %Z}" if then.year == here.year else f"{then:%d %b %Y}"


def day_of(when: datetime) -> str:
    """Return the day of a time, local, e.g. 2026-11-26."""
    return f"{when.astimezone():%Y-%m-%d}"


def time_of_day(when: datetime) -> str:
    """Return a time of day with its zone, e.g. 14:00:00 CEST."""
    return f"{local(when):%H:%M:%S %Z}"


def seconds_until(when: str, now: datetime | None = None) -> float:
    """Return the seconds from now until a time; negative if it has passed."""
    return (local(when) - (now or datetime.now(UTC))).total_seconds()


def for_scripts(when: datetime) -> str:
    """Return a time in ISO 8601 with its offset, for --json."""
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).isoformat()


def file_stamp(when: datetime) -> str:
    """Return a time for the name of a file, in UTC: 20260501T120000Z."""
    return f"{when.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def since_when(text: str) -> str:
    """Parse a time as people write it, local if it has no zone. Returns ISO 8601 with its offset. Raises CliError."""
    if text[-1:] in _UNITS and text[:-1].isdigit():
        try:
            return for_scripts(datetime.now(UTC) - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]]))
        except OverflowError as error:
            raise CliError(f"{text!r} is before the first possible date. Write fewer days.", REFUSED) from error
    try:
        return for_scripts(datetime.fromisoformat(text).astimezone())
    except (ValueError, OverflowError) as error:
        raise CliError(
            f"{text!r} is not a time. Write 2026-05-01, 2026-05-01T12:00, 3d, 12h or 30m.", REFUSED
        ) from error
