"""One rig for all faults of a run, and a table of what each did.

FAULTS=full takes the full numbers (`make faults`); without it every fault is tried with small ones.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from dev.stack import Stack
from tests.faults.rig import Rig

FULL = os.environ.get("FAULTS") == "full"


@dataclass
class Row:
    """What one fault did."""

    fault: str
    runs: int = 0
    items: int = 0
    lost: int = 0
    duplicates: int = 0
    seconds_until_quiet: float = 0
    violations: list[Any] = field(default_factory=list)


_ROWS: list[Row] = []


def many(full: int, small: int) -> int:
    """The number for this run."""
    return full if FULL else small


@pytest.fixture(scope="session")
def rig(servers: Stack) -> Iterator[Rig]:
    """The system behind fault proxies. `servers` is asked for its check that every program is there."""
    with Rig(Path(tempfile.mkdtemp(prefix="fonoteca-faults-"))) as rig:
        yield rig


@pytest.fixture
def row(request: pytest.FixtureRequest, rig: Rig) -> Iterator[Row]:
    """This fault's row of the table. Whatever it did, services are up again afterwards."""
    row = Row((request.node.function.__doc__ or request.node.name).strip().rstrip("."))
    _ROWS.append(row)
    began = time.monotonic()
    yield row
    row.seconds_until_quiet = row.seconds_until_quiet or time.monotonic() - began
    rig.supervise()


def pytest_terminal_summary() -> None:
    """The table."""
    if not _ROWS:
        return
    table = Table(title="Faults", title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in ("fault", "runs", "items", "lost", "duplicates absorbed", "seconds until quiet"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for row in _ROWS:
        quiet = f"{row.seconds_until_quiet:.1f}"
        table.add_row(row.fault, str(row.runs), str(row.items), str(row.lost), str(row.duplicates), quiet)
    Console(width=130).print(table)
