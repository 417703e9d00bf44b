"""One rig for all faults of a run, and a table of what each did.

FAULTS=full takes the full numbers (`make faults`); without it every fault is tried with small ones.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from dev.stack import Stack
from tests.faults.rig import Rig
from tests.faults.scenario import Row

#: What each fault did, by the name of its test; in the process that prints the table.
_ROWS: dict[str, Row] = {}


@pytest.fixture(scope="session")
def rig(servers: Stack) -> Iterator[Rig]:
    """The system behind fault proxies. `servers` is asked for its check that every program is there."""
    with Rig(Path(tempfile.mkdtemp(prefix="fonoteca-faults-"))) as rig:
        yield rig


@pytest.fixture
def row(request: pytest.FixtureRequest, rig: Rig) -> Iterator[Row]:
    """This fault's row of the table. Whatever it did, services are up again afterwards."""
    row = Row((request.node.function.__doc__ or request.node.name).strip().rstrip("."))
    row.duplicates_before = rig.absorbed()
    began = time.monotonic()
    yield row
    row.seconds_until_quiet = row.seconds_until_quiet or time.monotonic() - began
    request.node.user_properties.append(("fault", asdict(row)))
    rig.supervise()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect the rows, also those of other test processes."""
    for name, value in report.user_properties:
        if report.when == "teardown" and name == "fault":
            assert isinstance(value, dict)
            _ROWS[report.nodeid] = Row(**value)


def pytest_terminal_summary() -> None:
    """The table."""
    if not _ROWS:
        return
    table = Table(title="Faults", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("fault", "runs", "items", "lost", "duplicates absorbed", "seconds until quiet"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for _, row in sorted(_ROWS.items()):
        quiet = f"{row.seconds_until_quiet:.1f}"
        table.add_row(row.fault, str(row.runs), str(row.items), str(row.lost), str(row.duplicates), quiet)
    Console(width=130).print(table)
