"""Opens channels for consumers, and the queues that they consume."""

from __future__ import annotations

from collections.abc import Mapping

from aio_pika import RobustChannel
from aio_pika.abc import AbstractRobustConnection
from aiormq.exceptions import ChannelPreconditionFailed

from shared.messaging.delivery import DirectQueue
from shared.messaging.driver_errors import translated
from shared.topology import FORMER_ARGUMENTS, QUEUES_BY_NAME


async def open_channel(connection: AbstractRobustConnection, prefetch: int | None = None) -> RobustChannel:
    """Open a channel that is restored with its connection. Raises BrokerUnavailable.

    `prefetch`: how many messages the broker sends before one is settled.
    """
    with translated("RabbitMQ did not open a channel"):
        channel = connection.channel()
        await channel.initialize()
        assert isinstance(channel, RobustChannel)
        if prefetch is not None:
            await channel.set_qos(prefetch_count=prefetch)
        return channel


async def open_queue(
    connection: AbstractRobustConnection, channel: RobustChannel, name: str, *, declare: bool
) -> DirectQueue:
    """Open a queue of the topology. Its consumer gets a `Delivery` for each message.

    Declaring it registers it with the robust channel, which restores the queue and its consumer after a reconnect, even
    on a broker that lost its data. `declare`: whether to create it if it is missing; not every user may.
    Raises BrokerUnavailable.
    """
    with translated(f"RabbitMQ did not open the queue {name}"):
        arguments = await arguments_in_use(connection, name) if declare else QUEUES_BY_NAME[name].arguments
        channel.QUEUE_CLASS = DirectQueue
        queue = await channel.declare_queue(name, durable=True, arguments=dict(arguments), passive=not declare)
        assert isinstance(queue, DirectQueue)
        return queue


async def arguments_in_use(connection: AbstractRobustConnection, name: str) -> Mapping[str, str | int]:
    """Return the arguments that fit a queue: the current ones, or those of the earlier version that created it.

    Creates a missing queue if earlier versions used other arguments for it. Raises the client's errors, which the
    callers in this package translate.
    """
    arguments = QUEUES_BY_NAME[name].arguments
    if name not in FORMER_ARGUMENTS:
        return arguments
    # A channel of its own: a refusal closes it.
    channel = await open_channel(connection)
    try:
        await channel.declare_queue(name, durable=True, arguments=dict(arguments), robust=False)
    except ChannelPreconditionFailed:
        return FORMER_ARGUMENTS[name]
    finally:
        await channel.close()
    return arguments
