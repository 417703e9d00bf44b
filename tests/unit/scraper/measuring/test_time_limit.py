"""A time limit ends what runs, wherever it is, and never what follows."""

from __future__ import annotations

import select
import signal

import pytest

from services.scraper.measuring.time_limit import TimeIsUp, TimeLimit

#: The tests' own time limit would use the same timer.
pytestmark = pytest.mark.timeout(60, method="thread")


def test_a_wait_without_an_end_is_ended() -> None:
    limit = TimeLimit(0.01)

    def wait() -> None:
        with limit.holds():
            limit.begin()
            while True:
                select.select([], [], [])

    with pytest.raises(TimeIsUp):
        wait()
    assert limit.is_over


def test_what_ends_in_time_is_not_ended() -> None:
    before = signal.getsignal(signal.SIGALRM)
    limit = TimeLimit(3600)
    with limit.holds():
        limit.begin()
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == before
    assert not limit.is_over


def test_without_a_limit_no_timer_runs() -> None:
    limit = TimeLimit(None)
    with limit.holds():
        limit.begin()
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_alarm_that_comes_late_is_ignored() -> None:
    limit = TimeLimit(1)
    with limit.holds():
        late = signal.getsignal(signal.SIGALRM)
    assert callable(late)
    late(signal.SIGALRM, None)
    assert not limit.is_over
