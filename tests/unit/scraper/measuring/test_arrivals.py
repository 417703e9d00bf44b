"""When bytes arrived: bounded, and with the best rate."""

from __future__ import annotations

from itertools import pairwise

import pytest

from services.scraper.measuring.arrivals import Arrivals


def arrivals(*points: tuple[float, int], max_points: int = 1000) -> Arrivals:
    found = Arrivals(max_points)
    for at, size in points:
        found.add(at, size)
    return found


def test_points_within_a_millisecond_are_one_at_the_later_moment() -> None:
    found = arrivals((1.0, 10), (1.0004, 5), (1.0008, 5), (1.5, 7))
    assert list(found) == [(1.0008, 20), (1.5, 27)]
    assert (found.first, found.last, found.bytes) == (1.0, 1.5, 27)


def test_the_peak_is_the_best_rate_over_at_least_ten_milliseconds() -> None:
    # 1,000 bytes in the last 10 ms of the burst; alone, the 5 ms before would be faster.
    found = arrivals((0.0, 100), (1.0, 100), (1.005, 600), (1.010, 400), (2.0, 100))
    assert found.peak_rate == pytest.approx(1000 / 0.010)


def test_bytes_after_a_pause_count_over_the_pause() -> None:
    assert arrivals((0.0, 1), (1.0, 1000)).peak_rate == pytest.approx(1000.0)


@pytest.mark.parametrize("points", [(), ((0.0, 10),), ((0.0, 10), (0.009, 1000))])
def test_too_short_a_time_has_no_rate(points: tuple[tuple[float, int], ...]) -> None:
    assert arrivals(*points).peak_rate == 0


def test_memory_is_bounded_and_nothing_is_lost() -> None:
    found = arrivals(*((n * 0.002, 10) for n in range(10_000)), max_points=100)
    points = list(found)
    assert len(points) <= 100
    assert (round(points[-1][0], 9), points[-1][1]) == (19.998, 100_000)
    assert points == sorted(points)
    # Each point is at most the spacing away from what it stands for.
    assert all(later - earlier <= 2 * found.spacing for (earlier, _), (later, _) in pairwise(points))
    assert found.peak_rate == pytest.approx(10 / 0.002, rel=0.01)
