"""Fixtures for tests of the whole system: all services running, on the servers and the local site of this run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from cli.api.client import Address, Client
from dev.demo.run import QUICK
from dev.stack import Stack
from shared.topology.services import SERVICES
from tests.site import add_playlist_to_site

#: Short delays, little patience with what runs at a stop, leases that end soon, and rests that hardly grow: one test
#: has eight refusals in a row.
SETTINGS = {
    **QUICK,
    "DRAIN_SECONDS": "2",
    "SCRAPER_LEASE_SECONDS": "12",
    "SCRAPER_EGRESS_REST_SECONDS": "1",
    "SCRAPER_EGRESS_REST_MAX_SECONDS": "2",
    "SCRAPER_RATE_LIMIT_REST_SECONDS": "2",
    # Never spent, but written down like any other.
    "SCRAPER_REQUESTS_PER_HOUR": "1000000",
    # Receivers of these tests are on this machine.
    "NOTIFY_PRIVATE_HOSTS": "true",
}


@pytest.fixture(scope="session")
def stack(servers: Stack) -> Iterator[Stack]:
    """The servers with all services, under settings with short delays."""
    servers.start_services(SERVICES, SETTINGS)
    yield servers
    servers.stop_programs(list(SERVICES))


@pytest.fixture(scope="session")
def client(stack: Stack) -> Client:
    """The running API."""
    return Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))


@pytest.fixture(scope="session")
def add_to_site(stack: Stack) -> Callable[..., str]:
    """Puts a playlist on the local site and returns its address: add_to_site(id, [video, …])."""

    return partial(add_playlist_to_site, stack)
