"""The rhythm of a source, learned from its publication times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from shared.following.rhythm import LONGEST, SHORTEST, UNKNOWN, explained, interval_of, silent_from, usual_gap

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ago(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=each) for each in hours]


@pytest.mark.parametrize(
    ("published", "gap", "interval"),
    [
        (ago(), None, UNKNOWN),
        (ago(1, 2), None, UNKNOWN),
        # By hand: gaps of 24, 24 and 24 hours; silence of 6. A quarter of 24.
        (ago(6, 30, 54, 78), 24, timedelta(hours=6)),
        # The median of 1, 2 and 30 hours is 2.
        (ago(1, 2, 4, 34), 2, timedelta(minutes=30)),
        # A burst: every minute. Bounded below.
        (ago(0.1, 0.11, 0.12, 0.13), 0.05, SHORTEST),
        # Silent for 400 hours: half of that counts as the gap. A quarter of 200 hours is bounded above.
        (ago(400, 401, 402, 403), 200, LONGEST),
        # Times in the future, and the same time twice, tell nothing.
        (ago(-5, -4, 1, 1, 2), None, UNKNOWN),
    ],
)
def test_the_interval_is_a_quarter_of_the_usual_gap(
    published: Sequence[datetime], gap: float | None, interval: timedelta
) -> None:
    found = usual_gap(published, NOW)
    assert (round(found.total_seconds() / 3600, 2) if found is not None else None) == gap
    assert interval_of(published, NOW) == interval
    assert interval_of(list(reversed(published)), NOW) == interval


def test_silence_is_five_usual_gaps_and_at_least_a_day() -> None:
    assert silent_from(ago(1, 2)) is None
    assert silent_from(ago(6, 30, 54, 78)) == NOW - timedelta(hours=6) + timedelta(hours=5 * 24)
    assert silent_from(ago(1, 2, 3, 4)) == NOW - timedelta(hours=1) + timedelta(days=1)


def test_it_is_explained() -> None:
    assert explained(ago(6, 30, 54, 78), NOW) == "every 6 h: a quarter of the usual gap of 24 h, within 10 min and 24 h"
    assert "fewer than 3 publication times" in explained([], NOW)
