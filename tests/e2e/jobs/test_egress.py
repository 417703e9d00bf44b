"""A source that refuses us: we stop asking, nobody is charged, and when it relents all is fetched without help."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cli.api.client import Client
from dev.stack import Stack
from services.scraper.settings import ScraperSettings
from tests.e2e.pipeline import eventually, when_ended
from tests.site import requests_of, set_site_trouble

VIDEOS = 12
SLOTS = ScraperSettings().pace.download_slots


@pytest.fixture
def blocked(stack: Stack) -> Iterator[Callable[[str | None], None]]:
    """Lets the whole site answer with one refusal, until the test ends."""
    yield lambda trouble: set_site_trouble(stack, trouble)
    set_site_trouble(stack, None)


def times_opened(stack: Stack) -> int:
    with urllib.request.urlopen(stack.exports["SCRAPER_METRICS_URL"]) as answer:
        text = answer.read().decode()
    return int(
        sum(float(n) for n in re.findall(r'^fonoteca_scraper_breaker_opened_total{kind="egress",.*} (\S+)', text, re.M))
    )


def readyz(stack: Stack) -> dict[str, Any]:
    with urllib.request.urlopen(stack.exports["SCRAPER_METRICS_URL"].replace("/metrics", "/readyz")) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def egress_breaker(client: Client) -> dict[str, Any]:
    [found] = [b for b in client.breakers() if b["source"] == "youtube"]
    return found


def test_a_site_that_takes_us_for_a_bot_is_left_alone_until_it_relents(
    stack: Stack,
    client: Client,
    add_to_site: Callable[..., str],
    blocked: Callable[[str | None], None],
) -> None:
    ids = [f"botwall{n:04}" for n in range(VIDEOS)]
    url = add_to_site("PLbotwall0001", [{"id": id_, "title": "x", "seconds": 3} for id_ in ids], prepare=True)
    opened_before = times_opened(stack)
    blocked("bot-check")
    client.submit(url)
    eventually(lambda: egress_breaker(client)["state"] == "open", "open breaker")
    assert egress_breaker(client)["reason"] == "bot-check"
    # Three times refused while it was tried with one video at a time.
    eventually(lambda: times_opened(stack) - opened_before >= 3, "third rest")
    tries = times_opened(stack) - opened_before - 1
    asked = sum(requests_of(stack, "page", id_) for id_ in ids)
    # One that opens the breaker, those in the other slots, then one more for each try, and one that may be under way.
    assert asked <= 1 + SLOTS + tries + 1
    state = readyz(stack)
    assert state["ready"]
    assert "bot-check" in state["checks"]["intake"]
    blocked(None)
    videos = when_ended(client, "youtube:PLbotwall0001", videos=VIDEOS)
    assert {v["state"] for v in videos} == {"stored"}
    eventually(lambda: egress_breaker(client)["state"] == "closed", "closed breaker")
    for id_ in ids:
        # All failures of these videos were refusals, and none was charged.
        assert {a["reason"] for a in client.attempts(f"youtube:{id_}")} <= {None, "bot-check"}


def test_a_lasting_refusal_waits_for_a_person(
    stack: Stack,
    client: Client,
    add_to_site: Callable[..., str],
    blocked: Callable[[str | None], None],
) -> None:
    url = add_to_site("PLvpnrefused1", [{"id": "vpnrefused1", "title": "x", "seconds": 3}])
    blocked("proxy-refused")
    client.submit(url)
    eventually(lambda: egress_breaker(client)["state"] == "open", "open breaker")
    breaker = egress_breaker(client)
    assert (breaker["reason"], breaker["until"]) == ("proxy-refused", None)
    blocked(None)
    client.resume(breaker["egress"], "egress")
    [video] = when_ended(client, "youtube:PLvpnrefused1", videos=1)
    assert video["state"] == "stored"
    eventually(lambda: egress_breaker(client)["state"] == "closed", "closed breaker")
