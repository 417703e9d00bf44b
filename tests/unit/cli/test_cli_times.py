"""Times as people see them: local, with their zone; one module formats them all."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from cli.display.times import clock, file_stamp, for_scripts, moment, seconds_until, since_when, time_of_day
from cli.errors import CliError
from dev.install import ROOT

#: The one module of the commands that may format or read a moment.
TIMES = ROOT / "cli/display/times.py"
FORBIDDEN = {"strftime", "strptime", "isoformat", "fromisoformat", "ctime", "astimezone"}


@pytest.fixture(params=["Europe/Paris", "Africa/Porto-Novo", "Asia/Kathmandu", "UTC"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


#: What half past one in the afternoon of UTC is there, in May.
SHOWN = {
    "Europe/Paris": "15:30:00 CEST",
    "Africa/Porto-Novo": "14:30:00 WAT",
    "Asia/Kathmandu": "19:15:00 +0545",
    "UTC": "13:30:00 UTC",
}


def test_a_moment_is_local_and_names_its_zone(zone: str) -> None:
    told = clock("2026-05-01T13:30:00Z")
    assert told == f"2026-05-01 {SHOWN[zone]}"
    # As an address of Azure's, of MongoDB's without a zone, and with another offset: the same moment.
    at = datetime(2026, 5, 1, 13, 30, tzinfo=UTC)
    assert {clock(at), clock(at.replace(tzinfo=None)), clock("2026-05-01T15:30:00+02:00")} == {told}
    assert time_of_day(at) == SHOWN[zone]


@pytest.mark.parametrize("zone", ["UTC+25", "X-99", ":bad"], indirect=True)
def test_a_zone_that_there_is_not_fails_nothing(zone: str) -> None:
    assert clock("2026-05-01T13:30:00Z").startswith("2026-05-01 13:30:00 ")


def test_moments_are_as_long_as_they_must_be(zone: str) -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert moment(now.isoformat(), now) == time_of_day(now)
    assert moment("2026-05-01T13:30:00Z", now) == f"01 May {SHOWN[zone].replace(':00 ', ' ')}"
    assert moment("2030-03-17T12:00:00Z", now) == "17 Mar 2030"
    assert (moment(None), clock(None)) == ("", "")


def test_scripts_get_the_offset() -> None:
    assert for_scripts(datetime(2026, 5, 1, 13, 30)) == "2026-05-01T13:30:00+00:00"  # noqa: DTZ001
    assert for_scripts(datetime(2026, 5, 1, 13, 30, tzinfo=UTC)) == "2026-05-01T13:30:00+00:00"
    assert file_stamp(datetime(2026, 5, 1, 15, 30, tzinfo=timezone(timedelta(hours=2)))) == "20260501T133000Z"


def test_a_moment_that_is_given_has_an_offset_too(zone: str) -> None:
    assert zone
    assert datetime.fromisoformat(since_when("2026-05-01")).tzinfo is not None
    assert seconds_until(since_when("3d")) == pytest.approx(-3 * 86_400, abs=60)
    for wrong in ("yesterday", "99999999999999d", "2026-13-01", "0001-01-01"):
        if wrong == "0001-01-01" and zone == "UTC":
            continue  # There it is a moment.
        with pytest.raises(CliError, match=r"Write "):
            since_when(wrong)


def test_seconds_until() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert seconds_until("2026-05-01T00:01:00Z", now) == timedelta(minutes=1).total_seconds()


def test_no_other_module_formats_times() -> None:
    found = []
    for file in sorted((ROOT / "cli").rglob("*.py")):
        if file == TIMES:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN:
                found.append(f"{file.relative_to(ROOT)}:{node.lineno} {node.attr}")
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                spec = "".join(str(part.value) for part in ast.walk(node.format_spec) if isinstance(part, ast.Constant))
                if "%" in spec.rstrip("%"):
                    found.append(f"{file.relative_to(ROOT)}:{node.lineno} {spec}")
    assert found == []
