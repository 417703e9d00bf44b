from __future__ import annotations

from typing import Any

import pytest

from cli.watching.pace import WINDOW_SECONDS, Gained, Pace, Remaining, gained


def test_nothing_is_said_before_there_is_something_to_say() -> None:
    pace = Pace()
    assert pace.rate(Remaining(10, 0)) is None
    pace.note(0, Gained())
    pace.note(100, Gained(stored=1, ended=1, hours=1))
    assert pace.rate(Remaining(10, 0)) is None


def test_rates_and_what_follows_from_them() -> None:
    pace = Pace()
    pace.note(1000, Gained())
    pace.note(1060, Gained(stored=6, ended=8, hours=2))
    rate = pace.rate(Remaining(16, 0))
    assert rate is not None
    assert (rate.videos_per_minute, rate.times_real_time, rate.seconds_left) == (6, 120, 120)
    by_hours = pace.rate(Remaining(16, hours=10))
    assert by_hours is not None
    assert by_hours.seconds_left == 300
    unknown = pace.rate(None)
    assert unknown is not None
    assert unknown.seconds_left is None


def test_what_was_long_ago_does_not_count() -> None:
    pace = Pace()
    pace.note(0, Gained())
    pace.note(10, Gained(stored=1000, ended=1000, hours=1000))
    pace.note(10 + WINDOW_SECONDS, Gained(stored=1060, ended=1060, hours=1000))
    rate = pace.rate(Remaining(6, 0))
    assert rate is not None
    assert rate.videos_per_minute == pytest.approx(6)
    assert rate.times_real_time == 0


def test_what_was_there_before_the_watch_is_no_gain() -> None:
    def playlist(stored: int, abandoned: int, hours: float) -> dict[str, Any]:
        return {"progress": {"counts": {"stored": stored, "abandoned": abandoned}, "stored_hours": hours}}

    both = [(playlist(5, 1, 2), playlist(8, 2, 3)), (playlist(0, 0, 0), playlist(1, 0, 0.5))]
    assert gained(both) == Gained(stored=4, ended=5, hours=1.5)
