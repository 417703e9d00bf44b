"""Makes what `topology` says. Safe to repeat and to run from several services at once."""

from __future__ import annotations

from aio_pika import ExchangeType
from aio_pika.abc import AbstractRobustConnection
from aiormq.exceptions import ChannelPreconditionFailed

from shared import topology
from shared.errors import Misconfigured


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
