"""Makes what `topology` says. Safe to repeat and to run from several services at once."""

from __future__ import annotations

import asyncio
from typing import Any

from aio_pika import ExchangeType
from aio_pika.abc import AbstractRobustConnection
from aiormq.exceptions import ChannelPreconditionFailed

from shared import topology
from shared.errors import Misconfigured
from shared.logs import logger
from shared.messaging.connection import BROKER_ERRORS

log = logger(__name__)


#: Seconds until declaring is tried again after a reconnect.
AGAIN_SECONDS = 2


async def keep_declared(connection: AbstractRobustConnection) -> None:
    """Declare everything now, and again after each reconnect: a broker may come back without its data.

    Raises Misconfigured if a queue exists with other arguments.
    """
    await declare(connection)
    under_way: set[asyncio.Task[None]] = set()

    def again(*_: Any) -> None:
        # Not here: the connection is usable only after its callbacks.
        task = asyncio.create_task(_declare_until_done(connection), name="declare")
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    connection.reconnect_callbacks.add(again)


async def _declare_until_done(connection: AbstractRobustConnection) -> None:
    while not connection.is_closed:
        try:
            await declare(connection)
        except Misconfigured as error:
            log.error("topology.differs", problem=str(error))
            return
        except BROKER_ERRORS as error:
            log.warning("topology.not_declared_yet", error=str(error))
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return


async def declare(connection: AbstractRobustConnection) -> None:
    """Declare all exchanges, queues and bindings. Raises Misconfigured if a queue exists with other arguments."""
    # A plain channel: a robust one would declare it all again after each reconnect, while others consume.
    channel = connection.channel()
    await channel.initialize()
    try:
        for exchange in topology.EXCHANGES:
            await channel.declare_exchange(exchange.name, ExchangeType.TOPIC, durable=True, robust=False)
        for queue in topology.QUEUES:
            declared = await channel.declare_queue(
                queue.name, durable=True, arguments=dict(queue.arguments), robust=False
            )
            for binding in queue.bindings:
                await declared.bind(binding.source, binding.key)
        for exchange in topology.EXCHANGES:
            target = await channel.get_exchange(exchange.name, ensure=False)
            for binding in exchange.bindings:
                await target.bind(binding.source, binding.key)
    except ChannelPreconditionFailed as error:
        raise Misconfigured(
            f"RabbitMQ holds a queue or exchange of this name with other arguments: {error}. "
            "It was made by another version: move its messages away and delete it, or use a virtual host of its own."
        ) from error
    finally:
        await channel.close()
