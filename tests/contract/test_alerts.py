"""Alerts against promtool, their runbooks, and the metrics that the code declares."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
import yaml

from dev.install import ROOT
from tests.contract.metric_names import known_metrics, metrics_in

RULES = ROOT / "deploy/k8s/fonoteca/alerts/fonoteca.yaml"
TESTS = sorted((ROOT / "tests/alerts").glob("*.test.yaml"))
RUNBOOKS = ROOT / "docs/runbooks"
PARTS = ["Meaning", "Impact", "Diagnosis", "Repair"]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", str(RULES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_alerts_fire_when_they_should_and_are_silent_when_not(file: Any) -> None:
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_seen_firing_and_silent() -> None:
    seen: dict[str, set[bool]] = {name: set() for name in alerts()}
    for file in TESTS:
        for case in yaml.safe_load(file.read_text())["tests"]:
            for look in case["alert_rule_test"]:
                seen[look["alertname"]].add(bool(look["exp_alerts"]))
    assert {name for name, ways in seen.items() if ways != {True, False}} == set()


def test_every_alert_says_what_it_is_and_where_to_read_on() -> None:
    for name, alert in alerts().items():
        assert alert["labels"]["severity"] in ("critical", "warning"), name
        assert set(alert["annotations"]) == {"summary", "description", "runbook"}, name
        assert alert["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {*alerts(), "README"}


def test_runbooks_have_the_same_parts() -> None:
    for name in alerts():
        text = (RUNBOOKS / f"{name}.md").read_text()
        assert re.findall(r"^#+ (.+)$", text, re.MULTILINE) == [name, *PARTS], name


def test_the_index_of_the_runbooks_lists_every_alert_with_its_severity_and_meaning() -> None:
    rows = re.findall(
        r"^\| \[(\w+)\]\((\w+)\.md\) \| (\w+) \| (.+) \|$", (RUNBOOKS / "README.md").read_text(), re.MULTILINE
    )
    assert [row[:3] for row in rows] == [
        (name, name, alerts()[name]["labels"]["severity"]) for name in sorted(alerts())
    ]
    for name, _, _, meaning in rows:
        text = " ".join((RUNBOOKS / f"{name}.md").read_text().split())
        assert f"## Meaning {meaning} " in text, name


def test_alerts_ask_for_metrics_that_exist() -> None:
    for name, alert in alerts().items():
        assert metrics_in(alert["expr"]) <= known_metrics(), name
        assert metrics_in(alert["expr"]), name


def test_the_configurations_of_the_compose_file_are_valid() -> None:
    done = promtool("check", "config", "--syntax-only", str(ROOT / "deploy/compose/prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    amtool = ["amtool", "check-config", str(ROOT / "deploy/compose/alertmanager.yml")]
    assert subprocess.run(amtool, capture_output=True, check=False).returncode == 0


def test_alertmanager_silences_only_alerts_that_exist() -> None:
    text = (ROOT / "deploy/compose/alertmanager.yml").read_text()
    assert set(re.findall(r"Fonoteca\w+", text)) <= set(alerts())
