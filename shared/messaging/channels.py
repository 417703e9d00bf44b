"""Channels of consumers, and the queues they take from."""

from __future__ import annotations

from aio_pika.abc import AbstractQueue, AbstractRobustChannel, AbstractRobustConnection

from shared.topology import QUEUES_BY_NAME


async def open_channel(connection: AbstractRobustConnection, prefetch: int | None = None) -> AbstractRobustChannel:
    """A channel that comes back with its connection. `prefetch`: messages the broker sends before one is settled."""
    channel = connection.channel()
    await channel.initialize()
    assert isinstance(channel, AbstractRobustChannel)
    if prefetch is not None:
        await channel.set_qos(prefetch_count=prefetch)
    return channel


async def open_queue(channel: AbstractRobustChannel, name: str, *, declare: bool) -> AbstractQueue:
    """A queue of the topology.

    Declared, not only looked up: this registers the queue with the robust channel, which brings queue and consumer back
    after a reconnect, even to a broker that lost its data. `declare`: make it if it is missing; not every user may.
    """
    queue = QUEUES_BY_NAME[name]
    return await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments), passive=not declare)
