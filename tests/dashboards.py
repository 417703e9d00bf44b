"""The dashboards' files, as tests read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dev.install import ROOT

FILES = sorted((ROOT / "deploy/k8s/fonoteca/dashboards").glob("*.json"))


def panels(file: Path) -> list[dict[str, Any]]:
    """All panels but the rows' titles."""
    return [panel for panel in json.loads(file.read_text())["panels"] if panel["type"] != "row"]


def queries(file: Path, *, window: str) -> Iterator[str]:
    """Every query, with the window that Grafana would put in."""
    for panel in panels(file):
        for target in panel["targets"]:
            yield target["expr"].replace("$__rate_interval", window)
