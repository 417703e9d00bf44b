"""Reads a stream, where messages stay and every reader has its own position.

Source: https://www.rabbitmq.com/docs/streams#consuming
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from aio_pika import RobustChannel
from aio_pika.abc import AbstractRobustConnection

from shared.messaging.channels import open_channel, open_queue
from shared.messaging.consuming.arrival import arrival_problem, is_consumed
from shared.messaging.delivery import Delivery
from shared.messaging.driver_errors import RAISED, translated

#: Messages that the broker sends before the first of them is acknowledged.
PREFETCH = 1000
_OFFSET_HEADER = "x-stream-offset"


@dataclass(frozen=True)
class StreamMessage:
    """A message and its position in the stream."""

    #: Grows by one from message to message, the same for all readers, as long as the broker keeps its data.
    offset: int
    body: bytes


class StreamReader:
    """Reads a stream from some time ago on. After a lost connection it starts there again."""

    def __init__(self, connection: AbstractRobustConnection, stream: str, since: str, *, declare: bool) -> None:
        """`since`: how far back to start, in RabbitMQ's notation: 1h, 30m. `declare`: create a missing stream."""
        self._connection = connection
        self._stream = stream
        self._since = since
        self._declare = declare
        self._arrived: asyncio.Queue[StreamMessage] = asyncio.Queue(PREFETCH)
        self._channel: RobustChannel | None = None
        self._tag: str | None = None

    async def start(self) -> None:
        """Start to read. Raises BrokerUnavailable."""
        # RabbitMQ requires a prefetch limit for streams.
        self._channel = await open_channel(self._connection, PREFETCH)
        queue = await open_queue(self._connection, self._channel, self._stream, declare=self._declare)
        with translated(f"RabbitMQ did not start to send {self._stream}"):
            self._tag = await queue.consume(self._take, arguments={_OFFSET_HEADER: self._since})

    async def problem(self) -> str | None:
        """Describe what keeps messages from arriving, for /readyz; None if nothing does."""
        return await arrival_problem(self._channel, self._stream, self._tag)

    async def lost(self) -> str | None:
        """Describe, for the watchdog, a reader that is gone although the connection is open; None if it is not."""
        there = await is_consumed(self._channel, self._tag)
        return f"the reader of {self._stream} is gone" if there is False else None

    async def batches(self, most: int) -> AsyncIterator[list[StreamMessage]]:
        """Yield the messages in order, as many at a time as have arrived, up to `most`."""
        while True:
            batch = [await self._arrived.get()]
            while len(batch) < most and not self._arrived.empty():
                batch.append(self._arrived.get_nowait())
            yield batch

    async def close(self) -> None:
        """Stop reading."""
        if self._channel is not None:
            with suppress(*RAISED):
                await self._channel.close()

    async def _take(self, amqp: Delivery) -> None:
        # A message without an offset has unreadable properties, so it is not an event of ours.
        if isinstance(offset := amqp.headers.get(_OFFSET_HEADER), int):
            await self._arrived.put(StreamMessage(offset, amqp.body))
        # On a stream, an acknowledgement removes nothing; it requests more. After a reconnect it has no effect.
        with suppress(*RAISED):
            await amqp.ack()
