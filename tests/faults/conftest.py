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

from dev.stack import Stack
from tests.faults.rig import Rig
from tests.faults.scenario import Row
from tests.faults.table import PROPERTY


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
    request.node.user_properties.append((PROPERTY, asdict(row)))
    rig.supervise()
