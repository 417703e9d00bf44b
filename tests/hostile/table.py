"""The table of hostile inputs at the end of a run: how many were tried, how many held."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import pytest
from rich.console import Console
from rich.table import Table

#: Where the tests of hostile inputs lie; a test is one input.
FOLDER = "tests/hostile/"
#: A test that tries many inputs tells under this name how many; see `conftest.inputs`.
PROPERTY = "hostile inputs"


@dataclass
class _Row:
    tried: int = 0
    held: int = 0


#: By the name of the test module.
_ROWS: dict[str, _Row] = defaultdict(_Row)
#: Tests that failed in one of their phases.
_FAILED: set[str] = set()


def collect(report: pytest.TestReport) -> None:
    """Count a test of hostile inputs when it is over."""
    if not report.nodeid.startswith(FOLDER):
        return
    if report.failed:
        _FAILED.add(report.nodeid)
    if report.when == "teardown" and not report.skipped:
        numbers = [value for name, value in report.user_properties if name == PROPERTY]
        inputs = int(str(numbers[-1])) if numbers else 1
        row = _ROWS[report.nodeid.removeprefix(FOLDER).partition(".py")[0].removeprefix("test_")]
        row.tried += inputs
        row.held += inputs if report.nodeid not in _FAILED else 0


def show() -> None:
    """Print the table, if hostile inputs were tried."""
    if not _ROWS:
        return
    table = Table(title="Hostile inputs", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("kind", "tried", "held"):
        table.add_column(name, justify="left" if name == "kind" else "right")
    for kind, row in sorted(_ROWS.items()):
        table.add_row(kind.replace("_", " "), str(row.tried), str(row.held))
    total = _Row(sum(row.tried for row in _ROWS.values()), sum(row.held for row in _ROWS.values()))
    table.add_row("all", str(total.tried), str(total.held))
    Console(width=130).print(table)
