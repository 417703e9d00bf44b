"""Counts the messages that are ready in a queue."""

from __future__ import annotations

import asyncio

from aio_pika.abc import AbstractRobustConnection

from shared.messaging.driver_errors import translated

#: Seconds that one request may take.
ASK_SECONDS = 10


async def depth(connection: AbstractRobustConnection, queue: str) -> int:
    """Return how many messages in `queue` no consumer has taken yet. Raises BrokerUnavailable."""
    with translated(f"RabbitMQ did not say how long {queue} is"):
        async with asyncio.timeout(ASK_SECONDS):
            return await _depth(connection, queue)


async def _depth(connection: AbstractRobustConnection, queue: str) -> int:
    # It has its own channel, since asking for an absent queue closes the channel.
    channel = connection.channel()
    await channel.initialize()
    try:
        declared = await channel.declare_queue(queue, passive=True, robust=False)
        return int(declared.declaration_result.message_count or 0)
    finally:
        await channel.close()
