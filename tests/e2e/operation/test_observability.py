"""Prometheus on the running stack: panels have data, alerts evaluate, and a refusal of the site raises one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cli.api.client import Client
from dev.servers.prometheus import RULES
from dev.stack import Stack
from tests.dashboards import FILES, queries
from tests.e2e.pipeline import eventually, when_ended
from tests.site import set_site_trouble

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
#: Window of the rates; several scrapes.
WINDOW = "30s"


@pytest.fixture(scope="module")
def prometheus(stack: Stack) -> Iterator[httpx.Client]:
    """Prometheus, scraping every second."""
    stack.observe(every_seconds=1)
    with httpx.Client(base_url=stack.exports["PROMETHEUS_URL"], trust_env=False) as client:
        yield client
    stack.stop_programs(["prometheus"])


def ask(prometheus: httpx.Client, query: str) -> list[Any]:
    answer = prometheus.get("/api/v1/query", params={"query": query}).json()
    assert answer["status"] == "success", (query, answer)
    found: list[Any] = answer["data"]["result"]
    return found


def firing(prometheus: httpx.Client, alert: str) -> bool:
    alerts = prometheus.get("/api/v1/alerts").json()["data"]["alerts"]
    return any(a["labels"]["alertname"] == alert and a["state"] == "firing" for a in alerts)


def test_every_panel_has_data_and_a_refusal_raises_an_alert(
    stack: Stack, client: Client, prometheus: httpx.Client, add_to_site: Callable[..., str]
) -> None:
    good = [{"id": f"observed{n:03}", "title": "x", "seconds": 3} for n in range(6)]
    flaky = [
        {"id": f"observflk{n:02}", "title": "x", "seconds": 3, "trouble": "server-error", "trouble_tries": 1}
        for n in range(3)
    ]
    gone = [{"id": "observgon01", "title": "x", "seconds": 3, "trouble": "removed", "placeholder": False}]
    url = add_to_site("PLobserved001", [*good, *flaky, *gone], prepare=True)
    set_site_trouble(stack, "bot-check")
    try:
        playlist = client.submit(url)["id"]
        eventually(lambda: firing(prometheus, "FonotecaEgressBlocked"), "the alert of a refusal")
    finally:
        set_site_trouble(stack, None)
    when_ended(client, playlist, videos=10)
    eventually(lambda: not firing(prometheus, "FonotecaEgressBlocked"), "the end of the alert")
    audit = subprocess.run(
        [FONOTECA, "audit", "--json"], env={**os.environ, **stack.exports}, capture_output=True, text=True, check=False
    )
    assert audit.returncode == 0, audit.stdout + audit.stderr
    asked = sorted({query for file in FILES for query in queries(file, window=WINDOW)})
    assert len(asked) > 30
    eventually(lambda: not without_data(prometheus, asked) or None, "data for every panel")
    for query in asked:
        print(f"{ask(prometheus, query)[0]['value'][1]:>20}  {query}")
    # What only one service can know is not answered with a zero by the others.
    assert [found["metric"]["job"] for found in ask(prometheus, "fonoteca_scraper_work_folder_free_bytes")] == [
        "scraper"
    ]
    assert not firing(prometheus, "FonotecaDiskLow")


def without_data(prometheus: httpx.Client, asked: list[str]) -> list[str]:
    """The queries that find nothing."""
    empty = [query for query in asked if not ask(prometheus, query)]
    print("without data:", *empty, sep="\n  ")
    return empty


def test_every_alert_evaluates(prometheus: httpx.Client) -> None:
    groups = eventually(lambda: _evaluated(prometheus), "evaluated rules")
    rules = [rule for group in groups for rule in group["rules"]]
    declared = [rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert sorted(rule["name"] for rule in rules) == sorted(declared)
    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}


def _evaluated(prometheus: httpx.Client) -> list[Any] | None:
    groups: list[Any] = prometheus.get("/api/v1/rules").json()["data"]["groups"]
    return groups if all(rule["health"] != "unknown" for group in groups for rule in group["rules"]) else None
