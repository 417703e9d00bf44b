from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.showing import hours, moment, plain, span, tidy


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59.6, "1 min"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (86_400, "1 day"),
        (180_000, "2 days 2 h"),
        (-3, "0 s"),
    ],
)
def test_spans(seconds: float, told: str) -> None:
    assert span(seconds) == told


def test_moments_are_as_long_as_they_must_be() -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    here = now.astimezone()
    assert moment(now.isoformat(), now) == f"{here:%H:%M:%S}"
    assert moment("2026-05-03T12:00:00Z", now).startswith("03 May ")
    assert moment("2030-03-17T12:00:00Z", now) == "17 Mar 2030"
    assert moment(None) == ""


def test_a_title_cannot_steer_the_terminal_nor_the_markup() -> None:
    assert tidy("a\x1b[2Jb\nc\u202ed") == "a [2Jb c d"
    assert tidy("می\u200cخواهم") == "می\u200cخواهم"
    assert plain("[red]x") == r"\[red]x"


def test_hours_have_three_figures() -> None:
    assert [hours(number) for number in (0.123, 12.34, 1234.5)] == ["0.12", "12.3", "1,234"]
