"""Prometheus from Debian's package: scrapes a native stack and evaluates the alerts of the chart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from dev.install import ROOT
from dev.processes.program import Program, answers_http
from dev.state import State

RULES = ROOT / "deploy/k8s/fonoteca/alerts/fonoteca.yaml"


def prometheus(
    state: State, metrics_urls: Mapping[str, str], every_seconds: float
) -> tuple[list[Program], dict[str, str]]:
    """Return Prometheus, and the variable that leads to it. `metrics_urls`: job → address of its /metrics."""
    port = state.port("prometheus")
    home = state.subfolder("prometheus")
    every = f"{round(every_seconds * 1000)}ms"
    jobs = [
        {"job_name": job, "metrics_path": parts.path, "static_configs": [{"targets": [parts.netloc]}]}
        for job, url in metrics_urls.items()
        if (parts := urlsplit(url))
    ]
    config = {
        "global": {"scrape_interval": every, "evaluation_interval": every},
        "rule_files": [str(RULES)],
        "scrape_configs": jobs,
    }
    # YAML includes JSON.
    (home / "prometheus.yml").write_text(json.dumps(config, indent=1))
    url = f"http://127.0.0.1:{port}"
    command = [
        "prometheus",
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    return [Program("prometheus", command, answers_http(f"{url}/-/ready"))], {"PROMETHEUS_URL": url}
