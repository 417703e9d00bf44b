"""Fixtures for all tests: one native stack of real servers for each test process, isolated names for each test."""

from __future__ import annotations

import gc
import os
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from dev.install import AZURITE, PROGRAMS, SERVERS_BIN, missing
from dev.processes.program import ProgramFailed
from dev.servers.rabbitmq import add_vhost
from dev.stack import Stack
from shared import logs
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.settings import BrokerSettings, MongoSettings
from tests.faults import table as fault_table
from tests.hostile import table as hostile_table
from tests.state_folders import state_folder

#: A missing server is a skip at a contributor's desk and a failure in CI.
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
TESTS = Path(__file__).parent
#: What takes longest begins first, so that the short tests at the end fill every process (`--no-loadscope-reorder`).
ORDER = ("faults", "e2e", "hostile", "browser", "integration", "contract", "unit")
#: Seconds for a test with its fixtures, unless it has a mark of its own: several times what the longest take on two
#: cores, so that it ends what hangs and nothing else. TEST_TIMEOUT_FACTOR multiplies it, for slow machines.
TEST_SECONDS = 300
#: The full numbers of faults and hostile inputs (`make faults`, `make hostile`) take so many times longer.
FULL_FACTOR = 20


# Hundreds of programs are started, and each would compile all its modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Thousands of tests with their parameters stay in memory, and Python's collector would walk them again and again: a
# seventh of the time of the quick tests.
gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def _logs_of_our_own_code() -> None:
    logs.configure("tests", "text", "warning")


@pytest.fixture(scope="session")
def installed_programs() -> None:
    """Every program that a stack runs is installed; without them a test is skipped, or fails in CI."""
    absent = missing(PROGRAMS) + [str(p) for p in (AZURITE, SERVERS_BIN / "ministack") if not p.exists()]
    if absent:
        text = f"these are missing: {', '.join(absent)}; `make setup` installs them"
        if IN_CI:
            pytest.fail(text)
        pytest.skip(text)


@pytest.fixture(scope="session")
def servers(installed_programs: None) -> Iterator[Stack]:
    """Real servers and the local site, started for this run and stopped after it. No services."""
    with state_folder("tests") as folder:
        try:
            with Stack(folder, site=True, service_names=(), say=lambda _: None) as stack:
                yield stack
        except ProgramFailed as error:
            pytest.fail(str(error))


@pytest.fixture(scope="session")
def integration_broker(servers: Stack) -> BrokerSettings:
    """A virtual host for tests that take messages from the queues themselves, apart from running services."""
    return BrokerSettings(url=SecretStr(add_vhost(servers.state, servers.exports["RABBITMQ_URL"], "integration")))


@pytest.fixture
def mongo(servers: Stack) -> MongoSettings:
    """A database of this test's own."""
    return MongoSettings(uri=SecretStr(servers.exports["MONGO_URI"]), database=f"test-{uuid.uuid4().hex[:12]}")


@pytest.fixture
async def catalog(mongo: MongoSettings) -> AsyncIterator[Catalog]:
    """A catalog of this test's own."""
    catalog = await connect_catalog(mongo, "tests", 10)
    yield catalog
    await catalog.drop()
    await catalog.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders into order, and give every test its time limit."""
    places = {folder: place for place, folder in enumerate(ORDER)}
    items.sort(key=lambda item: places.get(item.path.relative_to(TESTS).parts[0], 0))
    factor = float(os.environ.get("TEST_TIMEOUT_FACTOR") or 1)
    if "full" in (os.environ.get("FAULTS"), os.environ.get("HOSTILE")):
        factor *= FULL_FACTOR
    for item in items:
        mark = item.get_closest_marker("timeout")
        seconds = mark.args[0] if mark else TEST_SECONDS
        item.add_marker(pytest.mark.timeout(seconds * factor, **(mark.kwargs if mark else {})), append=False)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Here and not beside the faults: with several test processes the one that prints loads no other conftest.py."""
    fault_table.collect(report)
    hostile_table.collect(report)


def pytest_terminal_summary() -> None:
    """The tables of faults and of hostile inputs."""
    fault_table.show()
    hostile_table.show()
