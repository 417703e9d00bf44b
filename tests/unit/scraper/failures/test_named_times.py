"""Whatever a source says of when to come again, what is made of it is bounded and fits every calendar."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from services.retry.policy import Again, History, decide
from services.retry.settings import MAX_DAYS, RetrySettings
from services.scraper.failures import Evidence, classify
from services.scraper.failures.named_times import MAX_NAMED_SECONDS, bounded, seconds_of
from shared.contracts import Failure
from shared.errors import FailureClass
from shared.messaging.delay import whole_delay
from shared.topology import MAX_DELAY_SECONDS

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("77", 77),
        (" 77 ", 77),
        ("604800", 604_800),
        ("604801", MAX_NAMED_SECONDS),
        ("1" + 30 * "0", MAX_NAMED_SECONDS),
        ("9" * 5000, MAX_NAMED_SECONDS),
        ("Thu, 26 Nov 2026 12:01:00 GMT", 60),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_NAMED_SECONDS),
        ("Fri, 31 Dec 9999 23:59:59 -2359", MAX_NAMED_SECONDS),
        ("Thu, 26 Nov 2026 11:59:00 GMT", None),
        ("Thu, 01 Jan 0001 00:00:00 +2359", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e30", None),
        ("²", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_what_a_header_names(header: str | None, seconds: float | None) -> None:
    assert seconds_of(header, NOW) == seconds


@pytest.mark.parametrize("seconds", [float("nan"), float("-inf"), -1.0, 0.0, None])
def test_what_is_no_time_to_wait_is_none(seconds: float | None) -> None:
    assert bounded(seconds) is None


@pytest.mark.parametrize("seconds", [float("inf"), 1e30, 1e308, 8 * 86_400.0])
def test_no_evidence_leads_out_of_the_calendar(seconds: float) -> None:
    assert bounded(seconds, 3600) == 3600
    failure = classify(Evidence("HTTP Error 429", http_status=429, retry_after=seconds), NOW)
    assert failure.retry_at == NOW + timedelta(seconds=MAX_NAMED_SECONDS)


@pytest.mark.parametrize("kind", [FailureClass.EGRESS, FailureClass.WAIT_UNTIL, FailureClass.TRANSIENT])
def test_the_policy_asks_again_within_ten_years(kind: FailureClass) -> None:
    failure = Failure(failure_class=kind, reason="named", retry_at=datetime(8999, 12, 31, tzinfo=UTC))
    decision = decide(failure, History(0, 1, NOW), RetrySettings(_env_file=None), NOW, random.Random(1))
    assert isinstance(decision, Again)
    assert decision.delay_seconds == MAX_DAYS * 86_400


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e30])
def test_a_delay_is_one_whatever_is_asked_for(seconds: float) -> None:
    assert whole_delay(seconds) == MAX_DELAY_SECONDS
