"""How many long answers there may be at once, in total and for one key."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from services.api.http.concurrency import ConcurrencyLimit
from services.api.http.problems import Problem


def refused(limit: ConcurrencyLimit, key: str) -> Problem:
    """The problem of a client that gets no slot."""
    with pytest.raises(Problem) as problem, limit.hold(key):
        pass
    return problem.value


def test_slots_are_released_one_by_one() -> None:
    limit = ConcurrencyLimit(3, "listen", 2)
    with ExitStack() as others:
        others.enter_context(limit.hold("a"))
        others.enter_context(limit.hold("b"))
        with limit.hold("a"):
            # The part of the one key is used up; then all are.
            refused(limit, "a")
            refused(limit, "c")
            assert (limit.held, limit.held_by("a")) == (3, 2)
        with limit.hold("c"):
            assert limit.held_by("c") == 1
    assert (limit.held, limit.held_by("a")) == (0, 0)


def test_a_slot_is_released_when_its_work_fails() -> None:
    limit = ConcurrencyLimit(1, "listen")
    with pytest.raises(ZeroDivisionError), limit.hold("a"):
        raise ZeroDivisionError
    with limit.hold("b"):
        assert limit.held == 1


def test_a_refused_client_learns_when_to_try_again() -> None:
    limit = ConcurrencyLimit(1, "listen to events")
    with limit.hold("a"):
        problem = refused(limit, "a")
    assert (problem.status, problem.code) == (503, "no-place")
    assert problem.detail == "No more clients can listen to events at this replica now; try again shortly."
    assert int((problem.headers or {})["Retry-After"]) > 0
