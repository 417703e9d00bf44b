"""When a failed delivery is attempted again."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from services.notify.policy import DELAYS, JITTER, Policy, retry_after_seconds

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_delays_grow_and_end() -> None:
    policy = Policy(random.Random(1))
    for attempt, delay in enumerate(DELAYS, 1):
        found = policy.next_delay(attempt, None)
        assert found is not None
        assert delay * (1 - JITTER) < found < delay * (1 + JITTER)
    assert policy.next_delay(len(DELAYS) + 1, None) is None
    assert len({policy.next_delay(1, None) for _ in range(5)}) > 1


def test_a_receiver_may_ask_for_more_time_but_not_for_ever() -> None:
    policy = Policy(random.Random(1))
    assert policy.next_delay(1, 600) == 600
    assert policy.next_delay(1, 1e9) == 24 * 3600
    shortened = policy.next_delay(5, 1)
    assert shortened is not None
    assert shortened > 3000
    assert policy.next_delay(len(DELAYS) + 1, 600) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("Tue, 03 Feb 2026 04:06:06 GMT", 60),
        ("Tue, 03 Feb 2026 04:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_both_forms_of_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds
