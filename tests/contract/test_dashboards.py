"""The dashboards that are in the chart: Grafana's own models read them, and every query asks for what exists."""

from __future__ import annotations

import json
from typing import Any

import promql_parser
import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard

from dev.install import ROOT
from tests.contract.metric_names import known_metrics, metrics_in
from tests.dashboards import FILES, panels, queries


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_grafana_reads_it(file: Any) -> None:
    data = json.loads(file.read_text())
    read = Dashboard.from_json(data)
    assert len(read.panels or []) == len(data["panels"]) > 8
    ids = [panel["id"] for panel in data["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_panel_says_what_bad_looks_like(file: Any) -> None:
    assert [
        p["title"] for p in panels(file) if "Bad:" not in p["description"] and "Empty:" not in p["description"]
    ] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_queries_ask_for_metrics_that_exist(file: Any) -> None:
    for query in queries(file, window="5m"):
        assert promql_parser.parse(query), query
        assert metrics_in(query) <= known_metrics(), query


def test_every_metric_of_ours_is_shown_or_alerted_on() -> None:
    rules = (ROOT / "deploy/k8s/fonoteca/alerts/fonoteca.yaml").read_text()
    asked = {name for file in FILES for query in queries(file, window="5m") for name in metrics_in(query)}
    ours = {name for name in known_metrics() if name.startswith("fonoteca_")}
    unused = {name for name in ours - asked if name not in rules and not name.endswith(("_sum", "_count"))}
    assert unused <= NOT_SHOWN


#: For whoever digs deeper; Prometheus has them all the same.
NOT_SHOWN = {
    "fonoteca_api_playlists_submitted_total",
    "fonoteca_api_request_seconds_bucket",
    "fonoteca_message_handling_seconds_bucket",
    "fonoteca_messages_in_progress",
    "fonoteca_retry_delay_seconds_bucket",
    "fonoteca_scraper_playlist_entries_total",
    "fonoteca_scraper_playlists_total",
    "fonoteca_sync_enabled",
    "fonoteca_sync_purged_total",
}
