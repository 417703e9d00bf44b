"""Fixtures for tests of the dashboard: a browser, on the whole running system."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from cli.api.client import Address, Client
from dev.stack import Stack
from shared.topology.services import SERVICES
from tests.browser.archive import Archive, fill
from tests.browser.chromium import PROGRAMS, chromium, launched
from tests.browser.visitor import Visitor
from tests.conftest import IN_CI
from tests.e2e.conftest import SETTINGS

Visit = Callable[..., Visitor]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Ends with this package: Playwright keeps an event loop running, which asynchronous tests could not bear."""
    path = chromium()
    if path is None:
        text = f"no {' or '.join(PROGRAMS)}; Debian has the package of this name"
        if IN_CI:
            pytest.fail(text)
        pytest.skip(text)
    with launched(path) as browser:
        yield browser


@pytest.fixture(scope="package")
def stack(browser: Browser, servers: Stack) -> Iterator[Stack]:
    """The servers with all services; those that run already, if other tests in this process have started them."""
    if "api" in servers.programs:
        yield servers
        return
    servers.start_services(SERVICES, SETTINGS)
    yield servers
    servers.stop_programs(list(SERVICES))


@pytest.fixture(scope="package")
def client(stack: Stack) -> Client:
    """The running API, past the dashboard."""
    return Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))


@pytest.fixture(scope="package")
def key(stack: Stack) -> str:
    """An administrator's key."""
    return stack.exports["API_KEY"]


@pytest.fixture(scope="session")
def filled() -> dict[str, Archive]:
    """Database → the archive in it: the services of this package may start twice on the same servers."""
    return {}


@pytest.fixture(scope="package")
def archive(stack: Stack, client: Client, filled: dict[str, Archive]) -> Archive:
    """Something to look at."""
    where = stack.exports["MONGO_URI"]
    if where not in filled:
        filled[where] = fill(stack.exports, client)
    return filled[where]


@pytest.fixture
def visit(browser: Browser, stack: Stack) -> Iterator[Visit]:
    """Makes visitors, each with a browser profile of its own. Afterwards no browser may have complained."""
    visitors: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        context = browser.new_context(**{"locale": "en-GB", **options})
        visitor = Visitor(context.new_page(), stack.exports["API_URL"])
        visitors.append(visitor)
        return visitor

    yield make
    for visitor in visitors:
        visitor.page.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """Somebody at a desk."""
    return visit()
