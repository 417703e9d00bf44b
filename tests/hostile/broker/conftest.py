"""Virtual hosts of the real broker, each made once for each test process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from aio_pika.abc import AbstractRobustConnection
from pydantic import SecretStr

from dev.servers.rabbitmq import add_vhost, delete_vhost
from dev.stack import Stack
from shared.messaging.connection import connect
from shared.messaging.declare import declare
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from tests.hostile.broker import rights, settling
from tests.hostile.broker.virtual_host import apply_topology, signed_in, taken_from


@pytest.fixture(scope="package")
def users(servers: Stack) -> Iterator[dict[str, str]]:
    """Role → address of its user, in a virtual host with their rights."""
    yield apply_topology(servers, rights.VHOST)
    delete_vhost(servers.state, rights.VHOST)


@pytest.fixture
async def urls(users: dict[str, str]) -> dict[str, str]:
    """Role → address of its user; every queue is empty, whatever the test before has left in one."""
    async with signed_in(users["admin"]) as admin:
        await taken_from(await admin.channel())
    return users


@pytest.fixture(scope="package")
def settings(servers: Stack) -> Iterator[BrokerSettings]:
    yield BrokerSettings(url=SecretStr(add_vhost(servers.state, servers.exports["RABBITMQ_URL"], settling.VHOST)))
    delete_vhost(servers.state, settling.VHOST)


@pytest.fixture
async def broker(settings: BrokerSettings) -> AsyncIterator[AbstractRobustConnection]:
    """A connection with the topology declared and every queue empty."""
    async with await connect(settings, "tests", 10) as connection:
        await declare(connection)
        await taken_from(await connection.channel())
        yield connection


@pytest.fixture
async def publisher(broker: AbstractRobustConnection) -> Publisher:
    return await Publisher.open(broker, "tests", 10)
