"""The table of faults at the end of a run, gathered from the reports of all test processes."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.table import Table

from tests.faults.scenario import Row

#: Under this name a test's report carries its row.
PROPERTY = "fault"
#: By the name of the test.
_ROWS: dict[str, Row] = {}


def collect(report: pytest.TestReport) -> None:
    """Keep the row of a report that has one."""
    for name, value in report.user_properties:
        if report.when == "teardown" and name == PROPERTY:
            assert isinstance(value, dict)
            _ROWS[report.nodeid] = Row(**value)


def show() -> None:
    """Print the table, if there was a fault."""
    if not _ROWS:
        return
    table = Table(title="Faults", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("fault", "runs", "items", "lost", "duplicates absorbed", "seconds until quiet"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for _, row in sorted(_ROWS.items()):
        quiet = f"{row.seconds_until_quiet:.1f}"
        table.add_row(row.fault, str(row.runs), str(row.items), str(row.lost), str(row.duplicates), quiet)
    Console(width=130).print(table)
