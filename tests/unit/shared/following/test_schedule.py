"""When a followed source is looked at again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from shared.following.schedule import JITTER, next_look, parse_schedule

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def due(text: str, now: datetime = NOW, failures: int = 0, published: tuple[datetime, ...] = ()) -> datetime:
    return next_look(parse_schedule(text), now, published, random.Random(7), failures)


@pytest.mark.parametrize(
    ("text", "hours"), [("6h", 6), ("90m", 1.5), ("2d", 48), ("1w", 168), ("60s", 1 / 60), ("auto", 6)]
)
def test_an_interval_is_kept_but_for_its_jitter(text: str, hours: float) -> None:
    waits = [next_look(parse_schedule(text), NOW, (), random.Random(n)) - NOW for n in range(200)]
    assert min(waits) >= timedelta(hours=hours * (1 - JITTER)), "never sooner"
    assert max(waits) <= timedelta(hours=hours * (1 + JITTER))
    assert len(set(waits)) > 100, "sources with one schedule do not come together"


@pytest.mark.parametrize(
    ("text", "now", "at"),
    [
        ("cron 30 6 * * *", NOW, datetime(2026, 3, 2, 6, 30, tzinfo=UTC)),
        ("cron 30 6 * * * Africa/Porto-Novo", NOW, datetime(2026, 3, 2, 5, 30, tzinfo=UTC)),
        ("cron 0 0 * * 1 UTC", NOW, datetime(2026, 3, 2, tzinfo=UTC)),
        # The hour that is skipped in spring, and the hour that comes twice in autumn.
        ("cron 30 2 * * * Europe/Paris", datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        (
            "cron 30 2 * * * Europe/Paris",
            datetime(2026, 10, 25, 0, 31, tzinfo=UTC),
            datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
        ),
        ("cron 0 0 29 2 *", NOW, datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_cron_line_fires_at_its_times_in_its_zone(text: str, now: datetime, at: datetime) -> None:
    found = due(text, now)
    assert at <= found <= at + timedelta(seconds=60)


def test_looks_that_were_missed_are_made_once() -> None:
    """The next one is counted from now, however long ago the last one was due."""
    after_a_week = NOW + timedelta(days=7)
    assert due("10m", after_a_week) > after_a_week
    assert due("cron 0 * * * *", after_a_week) > after_a_week


def test_each_failure_doubles_the_wait_up_to_a_day() -> None:
    waits = [(due("1h", failures=n) - NOW).total_seconds() / 3600 for n in range(12)]
    assert [round(wait) for wait in waits[:4]] == [round(waits[0] * factor) for factor in (1, 2, 4, 8)]
    assert max(waits) <= 24 * (1 + JITTER)
    assert due("2d", failures=9) - NOW >= timedelta(days=2 * (1 - JITTER)), "never sooner than without failures"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no schedule"),
        ("6", "no schedule"),
        ("-6h", "no schedule"),
        ("1.5h", "no schedule"),
        ("6 hours", "no schedule"),
        ("10s", "every minute at the most"),
        ("999999999w", "once a year at the least"),
        ("cron", "no schedule"),
        ("cron * * * *", "cron line"),
        ("cron 61 * * * *", "cron line"),
        ("cron 0 0 30 2 *", "cron line that ever fires"),
        ("cron 0 0 * * * Africa/Nowhere", "no time zone"),
        ("cron 0 0 * * * ../../etc/passwd", "no time zone"),
        ("cron 0 0 * * * /etc/passwd", "no time zone"),
        ("cron @daily", "cron line"),
    ],
)
def test_what_is_no_schedule_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_schedule(text)
