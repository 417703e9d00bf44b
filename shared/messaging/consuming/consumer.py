"""Takes messages from a queue; `settlement` handles and settles them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aio_pika import RobustChannel
from aio_pika.abc import AbstractRobustConnection
from prometheus_client import Counter

from shared import metrics
from shared.contracts import Message
from shared.errors import BrokerUnavailable
from shared.logs import logger
from shared.messaging.channels import open_channel, open_queue
from shared.messaging.consuming.arrival import arrival_problem, is_consumed
from shared.messaging.consuming.settlement import DefectBook, Handler, Settlement
from shared.messaging.delivery import Delivery, DirectQueue
from shared.messaging.driver_errors import translated
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders, own_user

log = logger(__name__)

#: Seconds that the broker may take to start or stop sending messages.
CHANGE_SECONDS = 5


@cache
def _received(queue: str, outcome: str) -> Counter:
    """Return the counter of a queue's messages; looking it up for each message costs more than counting."""
    return metrics.MESSAGES_RECEIVED.labels(queue, outcome)


@dataclass(frozen=True)
class ConsumerOptions:
    """Options that all consumers of one service share."""

    #: Whether to create the queue again if a broker restarts without it; not every user may.
    declare: bool = True
    #: Which user may send which messages; None: all services share one user, so every user may send all.
    senders: Senders | None = None
    #: Counts defects; None: they are not counted.
    book: DefectBook | None = None


class Consumer:
    """Takes messages from one queue on a channel of its own and hands them to handlers by type."""

    def __init__(
        self,
        connection: AbstractRobustConnection,
        publisher: Publisher,
        queue: str,
        handlers: Mapping[type[Message], Handler],
        *,
        prefetch: int,
        options: ConsumerOptions = ConsumerOptions(),
    ) -> None:
        """`handlers`: message type → handler; a body without an envelope is taken as a message of the first type.

        `prefetch`: how many messages the broker sends before one is settled.
        """
        self._connection = connection
        self._queue_name = queue
        self._prefetch = prefetch
        self._declare = options.declare
        senders = Senders(own_user(connection)) if options.senders is None else options.senders
        self._settlement = Settlement(queue, publisher, dict(handlers), senders, options.book)
        # Looked up once: for each message, looking up costs more than counting.
        self._in_progress = metrics.MESSAGES_IN_PROGRESS.labels(queue)
        self._handling_seconds = metrics.MESSAGE_HANDLING_SECONDS.labels(queue)
        self._running: set[asyncio.Task[Any]] = set()
        self._channel: RobustChannel | None = None
        self._queue: DirectQueue | None = None
        self._tag: str | None = None

    async def start(self) -> None:
        """Start to consume. Raises BrokerUnavailable."""
        self._channel = await open_channel(self._connection)
        self._queue = await open_queue(self._connection, self._channel, self._queue_name, declare=self._declare)
        await self.resume()

    async def resume(self, prefetch: int | None = None) -> None:
        """Start to take messages, at the start or after a pause. Raises BrokerUnavailable.

        `prefetch`: how many to take at once from now on; None: as many as at the start.
        """
        if self._channel is not None and self._queue is not None and self._tag is None:
            with translated(f"RabbitMQ did not start to send from {self._queue_name}"):
                async with asyncio.timeout(CHANGE_SECONDS):
                    # A prefetch applies only to consumers that start after it is set.
                    await self._channel.set_qos(prefetch_count=prefetch or self._prefetch)
                    self._tag = await self._queue.consume(self._take)

    async def pause(self) -> None:
        """Stop taking messages; running handlers continue. Without a connection no messages arrive anyway."""
        if self._queue is not None and self._tag is not None:
            tag, self._tag = self._tag, None
            try:
                with translated(f"RabbitMQ did not stop sending from {self._queue_name}"):
                    # aio-pika first waits for an unavailable broker, and its own timeout does not cover that wait.
                    async with asyncio.timeout(CHANGE_SECONDS):
                        await self._queue.cancel(tag)
            except BrokerUnavailable as error:
                log.warning("consumer.cancel_failed", queue=self._queue_name, error=str(error))

    @property
    def busy(self) -> bool:
        """Whether a message is being handled."""
        return bool(self._running)

    async def problem(self) -> str | None:
        """Describe what keeps messages from arriving, for /readyz; None if nothing does, or the consumer is paused."""
        return await arrival_problem(self._channel, self._queue_name, self._tag)

    async def lost(self) -> str | None:
        """Describe, for the watchdog, a consumer that is gone although the connection is open; None if it is not.

        An unavailable broker must not end the service: the client reconnects as soon as the broker is back.
        """
        there = await is_consumed(self._channel, self._tag)
        return f"the consumer of {self._queue_name} is gone" if there is False else None

    async def stop(self, drain_seconds: float) -> None:
        """Stop taking messages, and cancel handlers that still run after `drain_seconds`: their messages return."""
        await self.pause()
        if self._running:
            log.info("consumer.draining", queue=self._queue_name, messages=len(self._running), seconds=drain_seconds)
            await asyncio.wait(self._running, timeout=drain_seconds)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        if self._channel is not None:
            await self._channel.close()

    async def _take(self, amqp: Delivery) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        began = time.monotonic()
        self._in_progress.inc()
        outcome = "returned"
        try:
            outcome = await self._settlement.settle(amqp, self._is_open)
        finally:
            self._running.discard(task)
            self._in_progress.dec()
            _received(self._queue_name, outcome).inc()
            self._handling_seconds.observe(time.monotonic() - began)

    def _is_open(self) -> bool:
        return self._channel is not None and not self._channel.is_closed
