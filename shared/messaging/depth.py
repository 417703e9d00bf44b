"""How many messages are ready in a queue."""

from __future__ import annotations

import asyncio

from aio_pika.abc import AbstractRobustConnection

from shared.errors import Unavailable
from shared.messaging.connection import BROKER_ERRORS, asked_to_stop

#: Seconds for one question.
ASK_SECONDS = 10


async def depth(connection: AbstractRobustConnection, queue: str) -> int:
    """Messages in `queue` that no consumer has taken yet. Raises Unavailable."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return await _depth(connection, queue)
    except asyncio.CancelledError as error:
        if asked_to_stop():
            raise
        raise Unavailable(f"RabbitMQ does not tell how long {queue} is: the connection was given up") from error
    except BROKER_ERRORS as error:
        raise Unavailable(f"RabbitMQ does not tell how long {queue} is: {error or type(error).__name__}") from error


async def _depth(connection: AbstractRobustConnection, queue: str) -> int:
    # A channel of its own: asking for a queue that is not there closes it.
    channel = connection.channel()
    await channel.initialize()
    try:
        declared = await channel.declare_queue(queue, passive=True, robust=False)
        return int(declared.declaration_result.message_count or 0)
    finally:
        await channel.close()
