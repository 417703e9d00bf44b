"""Send to, look into and take from the queues of a real broker."""

from __future__ import annotations

import asyncio
from typing import Any

from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection

from shared import topology
from shared.contracts import PlaylistSubmitted
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.consuming.settlement import Handler
from shared.messaging.publisher import Publisher
from shared.topology import PLAYLISTS_QUEUE

Broker = AbstractRobustConnection
#: Seconds within which something must have happened; reached only when it did not.
LIMIT = 30
URL = "https://www.youtube.com/playlist?list=PLabcdefghij1234"


async def get(broker: Broker, queue: str) -> AbstractIncomingMessage:
    """Wait for a message in `queue` and take it."""
    channel = await broker.channel()
    declared = await channel.get_queue(queue, ensure=False)
    async with asyncio.timeout(LIMIT):
        while (message := await declared.get(fail=False)) is None:
            await asyncio.sleep(0.02)
    await message.ack()
    return message


async def depth(broker: Broker, queue: str) -> int:
    channel = await broker.channel()
    declared = await channel.declare_queue(queue, passive=True)
    await channel.close()
    return int(declared.declaration_result.message_count or 0)


async def send_raw(broker: Broker, body: bytes, key: str = "playlist.submitted.v1") -> None:
    channel = await broker.channel()
    exchange = await channel.get_exchange(topology.WORK_EXCHANGE, ensure=False)
    await exchange.publish(AmqpMessage(body), key)


async def consuming(broker: Broker, publisher: Publisher, handler: Handler, **more: Any) -> Consumer:
    consumer = Consumer(broker, publisher, PLAYLISTS_QUEUE, {PlaylistSubmitted: handler}, prefetch=10, **more)
    await consumer.start()
    return consumer
