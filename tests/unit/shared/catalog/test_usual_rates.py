"""Downloads are compared with those of the same egress before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.catalog.documents import MeasuredHour
from shared.catalog.measurements.usual import Rates, compared

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)


def hour(back: int, rate: float | None, downloads: int = 10, **of: str) -> MeasuredHour:
    """An hour that began `back` hours before noon."""
    place = {"egress": "cotonou", "source": "youtube", "provider": "fibre", "purpose": "archive", **of}
    document: Any = {
        "hour": NOW.replace(minute=0) - timedelta(hours=back),
        "of": place,
        "downloads": downloads,
        "average_rate": [None, rate, None],
    }
    found: MeasuredHour = document
    return found


def day_of(rate: float, hours: int = 24) -> list[MeasuredHour]:
    return [hour(back, rate) for back in range(3, 3 + hours)]


def test_the_recent_hours_are_compared_with_those_before() -> None:
    [found] = compared([*day_of(1_000_000), hour(0, 200_000), hour(1, 300_000)], NOW)
    assert found == Rates("cotonou", "youtube", 250_000, 20, 1_000_000)
    assert found.share == 0.25


def test_an_hour_counts_as_often_as_it_has_downloads() -> None:
    [found] = compared([*day_of(1_000_000), hour(0, 200_000, 3), hour(1, 900_000, 17)], NOW)
    assert found.recent == 900_000


def test_too_few_downloads_and_too_few_hours_say_nothing() -> None:
    [few] = compared([*day_of(1_000_000), hour(0, 100, 9)], NOW)
    assert (few.recent, few.usual, few.share) == (None, 1_000_000, None)
    [young] = compared([*day_of(1_000_000, hours=23), hour(0, 100)], NOW)
    assert (young.recent, young.usual, young.share) == (100, None, None)


def test_hours_without_a_rate_count_for_nothing() -> None:
    [found] = compared([*day_of(1_000_000), hour(30, None), hour(0, None, 50), hour(1, 500_000)], NOW)
    assert (found.recent, found.downloads, found.usual) == (500_000, 60, 1_000_000)


def test_each_egress_and_source_has_its_own_and_providers_are_taken_together() -> None:
    found = compared(
        [*day_of(1_000_000), hour(0, 1.0, egress="a"), hour(0, 2.0, source="b"), hour(0, 3.0, provider="mobile")], NOW
    )
    assert [(each.egress, each.source, each.recent) for each in found] == [
        ("a", "youtube", 1.0),
        ("cotonou", "b", 2.0),
        ("cotonou", "youtube", 3.0),
    ]
