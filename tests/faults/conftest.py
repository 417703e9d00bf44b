"""One rig for all faults of a run, and a table of what each did.

FAULTS=full takes the full numbers (`make faults`); without it every fault is tried with small ones.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from tests.faults.rig import Rig
from tests.faults.scenario import Row
from tests.faults.table import PROPERTY
from tests.state_folders import new_state_folder


@pytest.fixture(scope="session")
def rig(installed_programs: None) -> Iterator[Rig]:
    """The system behind fault proxies."""
    with Rig(new_state_folder("faults")) as rig:
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
