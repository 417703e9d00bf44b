import random
from datetime import UTC, datetime, timedelta

import pytest

from services.retry.policy import Again, GiveUp, History, decide
from services.retry.settings import RetrySettings
from shared.contracts import Failure
from shared.errors import FailureClass

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SETTINGS = RetrySettings(_env_file=None)


def failure(kind: FailureClass, reason: str = "x", retry_at: datetime | None = None) -> Failure:
    return Failure(failure_class=kind, reason=reason, retry_at=retry_at)


def history(charged: int = 0, in_a_row: int = 1, age_days: float = 0) -> History:
    return History(charged, in_a_row, NOW - timedelta(days=age_days))


@pytest.mark.parametrize("charged", range(7))
def test_transient_failures_back_off_with_full_jitter(charged: int) -> None:
    ceiling = min(SETTINGS.backoff_max_seconds, SETTINGS.backoff_seconds * 2**charged)
    delays = []
    for seed in range(200):
        decision = decide(failure(FailureClass.TRANSIENT), history(charged), SETTINGS, NOW, random.Random(seed))
        assert isinstance(decision, Again)
        assert decision.charged == charged + 1
        delays.append(decision.delay_seconds)
    assert 1 <= min(delays) < ceiling * 0.1
    assert ceiling * 0.95 < max(delays) <= ceiling


def test_transient_failures_end_at_the_limit() -> None:
    last = decide(failure(FailureClass.TRANSIENT), history(SETTINGS.max_attempts - 1), SETTINGS, NOW, random.Random(1))
    assert last == GiveUp(SETTINGS.max_attempts)


@pytest.mark.parametrize("kind", [FailureClass.TRANSIENT, FailureClass.TOOL, FailureClass.IDENTITY])
def test_what_keeps_failing_is_given_up_by_age_too(kind: FailureClass) -> None:
    old = history(age_days=SETTINGS.max_age_days + 1)
    assert isinstance(decide(failure(kind), old, SETTINGS, NOW, random.Random(1)), GiveUp)


@pytest.mark.parametrize(
    ("reason", "days"), [("private", (7, 30, 90)), ("members-only", (7, 7, 7, 7, 7, 7, 7, 7)), ("removed", ())]
)
def test_what_may_come_back_is_looked_at_rarely(reason: str, days: tuple[int, ...]) -> None:
    gone = failure(FailureClass.PERMANENT, reason)
    for number, wait in enumerate(days, 1):
        decision = decide(gone, history(charged=2, in_a_row=number), SETTINGS, NOW, random.Random(1))
        assert isinstance(decision, Again)
        assert (decision.charged, decision.kind) == (2, "recheck")
        assert wait * 86_400 <= decision.delay_seconds <= wait * 86_400 * 1.1
    last = history(charged=2, in_a_row=len(days) + 1)
    assert decide(gone, last, SETTINGS, NOW, random.Random(1)) == GiveUp(2)


def test_rechecks_can_be_turned_off() -> None:
    never = RetrySettings(_env_file=None, private_recheck_days="none")
    assert decide(failure(FailureClass.PERMANENT, "private"), history(), never, NOW, random.Random(1)) == GiveUp(0)


def test_permanent_failures_are_given_up_uncharged() -> None:
    assert decide(failure(FailureClass.PERMANENT), history(2), SETTINGS, NOW, random.Random(1)) == GiveUp(2)


def test_a_premiere_waits_for_its_time_and_the_margin() -> None:
    soon = failure(FailureClass.WAIT_UNTIL, retry_at=NOW + timedelta(hours=2))
    decision = decide(soon, history(3), SETTINGS, NOW, random.Random(1))
    assert decision == Again(7200 + SETTINGS.wait_margin_seconds, 3, "wait")


def test_a_time_that_has_passed_is_tried_after_the_margin() -> None:
    past = failure(FailureClass.WAIT_UNTIL, retry_at=NOW - timedelta(days=2))
    assert decide(past, history(), SETTINGS, NOW, random.Random(1)) == Again(1, 0, "wait")


def test_what_waits_for_ever_is_given_up_one_day() -> None:
    old = history(age_days=SETTINGS.wait_max_days + 1)
    assert decide(failure(FailureClass.WAIT_UNTIL), old, SETTINGS, NOW, random.Random(1)) == GiveUp(0)


@pytest.mark.parametrize("kind", [FailureClass.EGRESS, FailureClass.STORAGE, FailureClass.TOOL, FailureClass.IDENTITY])
def test_what_is_not_the_videos_fault_is_never_charged(kind: FailureClass) -> None:
    for row in range(1, 10):
        decision = decide(failure(kind), history(charged=5, in_a_row=row), SETTINGS, NOW, random.Random(1))
        assert isinstance(decision, Again)
        assert decision.charged == 5


def test_retry_after_wins_over_the_setting_and_is_never_undercut() -> None:
    told = failure(FailureClass.EGRESS, retry_at=NOW + timedelta(hours=5))
    decision = decide(told, history(), SETTINGS, NOW, random.Random(1))
    assert isinstance(decision, Again)
    assert decision.delay_seconds >= 5 * 3600


def test_tool_waits_grow_and_end() -> None:
    first = decide(failure(FailureClass.TOOL), history(in_a_row=1), SETTINGS, NOW, random.Random(1))
    third = decide(failure(FailureClass.TOOL), history(in_a_row=3), SETTINGS, NOW, random.Random(1))
    assert isinstance(first, Again)
    assert isinstance(third, Again)
    assert third.delay_seconds == pytest.approx(4 * first.delay_seconds)
    row = history(in_a_row=SETTINGS.tool_attempts)
    assert decide(failure(FailureClass.TOOL), row, SETTINGS, NOW, random.Random(1)) == GiveUp(0)
