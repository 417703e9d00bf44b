"""The budget of requests of an hour."""

from __future__ import annotations

import time

import pytest

from services.scraper.egress import Egress, Sources
from shared.errors import TryLater


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock of the module; change its only item."""
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_a_spent_budget_lets_everything_wait_until_the_oldest_request_is_an_hour_old(clock: list[float]) -> None:
    egress = Egress(0, requests_per_hour=10)
    egress.asked(4)
    clock[0] += 600
    egress.asked(5)
    egress.check_budget()
    egress.asked(3)
    with pytest.raises(TryLater, match="the 10 requests of this hour are spent") as later:
        egress.check_budget()
    assert 3000 < later.value.seconds <= 3060
    clock[0] += 2999
    with pytest.raises(TryLater):
        egress.check_budget()
    clock[0] += 2
    egress.check_budget()


async def test_sources_stand_apart_and_tell_what_is_spent(clock: list[float]) -> None:
    sources = Sources(5, 2, requests_per_hour=10)
    assert await sources.note() == "nothing asked yet"
    sources.of("youtube:abc").asked(10)
    with pytest.raises(TryLater):
        sources.of("youtube:PL1").check_budget()
    sources.of("vimeo:1").check_budget()
    assert await sources.note() == (
        "youtube: 10 of 10 requests of this hour spent, vimeo: 0 of 10 requests of this hour spent"
    )


def test_without_a_budget_nothing_waits(clock: list[float]) -> None:
    egress = Egress(0)
    egress.asked(1_000_000)
    egress.check_budget()
