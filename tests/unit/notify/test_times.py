"""Digests and summaries are due at the latest of their times that has come; earlier ones are not made up for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.notifications.times import latest_due, parse_times


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("times", "after", "now", "due"),
    [
        ("daily", moment(1, 7), moment(2, 6, 59), None),
        ("daily", moment(1, 7), moment(2, 7, 1), moment(2, 7)),
        # Three days of downtime are one digest.
        ("daily", moment(1, 7), moment(4, 12), moment(4, 7)),
        ("daily", moment(4, 7), moment(4, 12), None),
        # June 1, 2026, is a Monday.
        ("weekly", moment(1, 6), moment(7, 23), moment(1, 7)),
        ("weekly", moment(1, 7), moment(8, 7, 1), moment(8, 7)),
        # 18:00 in Porto-Novo is 17:00 UTC.
        ("cron 0 18 * * 5 Africa/Porto-Novo", moment(1, 0), moment(6, 0), moment(5, 17)),
        ("never", moment(1, 0), moment(20, 0), None),
        ("at-once", moment(1, 0), moment(20, 0), None),
    ],
)
def test_what_is_due(times: str, after: datetime, now: datetime, due: datetime | None) -> None:
    assert latest_due(parse_times(times), after, now) == due


@pytest.mark.parametrize("text", ["", "hourly", "cron", "cron x", "cron 0 0 30 2 *", "cron 0 7 * * * Nowhere/Town"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r"[Ww]rite|never fires"):
        parse_times(text)
