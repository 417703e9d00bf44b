"""A virtual host of the real broker, with its users as `fonoteca topology apply` makes them, and raw publishing."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aiormq import spec

from dev.servers.rabbitmq import add_vhost, enable_management
from dev.stack import Stack
from shared.topology import DELAY_QUEUES, PARKING_QUEUES, WORK_QUEUES
from shared.topology.permissions import EVERY_ROLE, url_variable

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
#: Seconds within which something must have happened; reached only when it did not.
LIMIT = 60
#: Where a message can lie; the stream holds all events and asks nothing of anybody.
RESTING = tuple(queue.name for queue in (*WORK_QUEUES, *PARKING_QUEUES, *DELAY_QUEUES))


def apply_topology(servers: Stack, vhost: str) -> dict[str, str]:
    """Role → address of its user, and under "admin" that of an administrator, in a new virtual host."""
    admin = add_vhost(servers.state, servers.exports["RABBITMQ_URL"], vhost)
    where = admin.rsplit("@", 1)[1]
    urls = {role: f"amqp://{user_of(vhost, role)}:of-{role}@{where}" for role in EVERY_ROLE}
    known = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")}
    environment = {**known, "RABBITMQ_URL": admin, **{url_variable(role): url for role, url in urls.items()}}
    command = [FONOTECA, "topology", "apply", "--management", enable_management(servers.state)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {**urls, "admin": admin}


def user_of(vhost: str, role: str) -> str:
    """The name of a role's user; none is the role's name."""
    return f"{vhost}-{role}"


@asynccontextmanager
async def signed_in(url: str) -> AsyncIterator[aio_pika.abc.AbstractConnection]:
    """A connection of a user, with the plain client."""
    async with await aio_pika.connect(url) as connection:
        yield connection


async def version_of(connection: aio_pika.abc.AbstractConnection) -> tuple[int, ...]:
    """The version that the broker tells its clients, e.g. (4, 0, 5)."""
    assert isinstance(connection, aio_pika.Connection)
    assert connection.transport is not None
    told = connection.transport.connection.server_properties["version"]
    return tuple(int(part) for part in str(told).split("-")[0].split("."))


async def taken_from(channel: AbstractChannel, queues: Iterable[str] = RESTING) -> dict[str, list[bytes]]:
    """Take all messages out of the queues. Returns their bodies, by queue; queues with none are left out."""
    found: dict[str, list[bytes]] = {}
    for name in queues:
        queue = await channel.get_queue(name, ensure=False)
        while (message := await queue.get(no_ack=True, fail=False)) is not None:
            found.setdefault(name, []).append(message.body)
    return found


async def waiting_in(channel: AbstractChannel, queues: Iterable[str] = RESTING) -> dict[str, int]:
    """How many messages are ready in each queue; queues with none are left out."""
    found = {}
    for name in queues:
        declared = await channel.declare_queue(name, passive=True)
        if number := declared.declaration_result.message_count:
            found[name] = number
    return found


async def wait_for_messages(channel: AbstractChannel, queue: str, number: int) -> list[AbstractIncomingMessage]:
    """Wait for so many messages in a queue and take them."""
    source = await channel.get_queue(queue, ensure=False)
    found: list[AbstractIncomingMessage] = []
    async with asyncio.timeout(LIMIT):
        while len(found) < number:
            if (message := await source.get(no_ack=True, fail=False)) is None:
                await asyncio.sleep(0.02)
            else:
                found.append(message)
    return found


class Raw(spec.Basic.Properties):
    """Properties as octets: what no client library would write."""

    def __init__(self, octets: bytes) -> None:
        super().__init__()
        self._octets = octets

    def marshal(self) -> bytes:
        return self._octets


async def publish_raw(channel: AbstractChannel, body: bytes, key: str, exchange: str, properties: Any) -> None:
    """Publish with properties as they are. Returns when the broker has the message."""
    underlay = await channel.get_underlay_channel()
    await underlay.basic_publish(body, exchange=exchange, routing_key=key, properties=properties, timeout=LIMIT)
