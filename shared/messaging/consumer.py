"""Consuming: the one place that settles messages.

The rules, in the order they are tried, for what a handler may do:

- it returns: the message is acknowledged;
- Unprocessable: the message goes to the parking queue with the reason, then is acknowledged;
- TryLater: it comes again after the delay, without being charged;
- Unavailable, or an error of a server's client library: the same, after `UNAVAILABLE_SECONDS`;
- cancelled (connection lost, drain over): it is not settled, so the broker delivers it again;
- anything else is a defect: it is counted on the document it is about, the message comes again with growing delays,
  and is parked after `DEFECT_LIMIT` of them, when the document has come to an end of its own (see `DefectBook`);
- if it cannot be settled in any of these ways, it is rejected, which parks it too.

A message is never returned with a plain requeue: that would spin, and from RabbitMQ 4.3 on without a limit.

Anybody may have written a message's headers. They are read only if this service wrote them, for which the broker
vouches, and a message that comes again goes on with our own alone: see `sender` and `publisher`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

from aio_pika.abc import AbstractIncomingMessage, AbstractQueue, AbstractRobustChannel, AbstractRobustConnection

from shared import metrics
from shared.contracts import Message, unwrap
from shared.contracts.defect import DEFECT_LIMIT, place_of, said
from shared.errors import TryLater, Unavailable, Unprocessable
from shared.logs import logger
from shared.messaging.arrival import arrival_problem, is_consumed
from shared.messaging.channels import open_channel, open_queue
from shared.messaging.connection import BROKER_ERRORS
from shared.messaging.publisher import DEFECTS_HEADER, Publisher
from shared.messaging.sender import Senders, handling, own_user, relayed
from shared.untrusted.text import clean_line

log = logger(__name__)

#: What settling a message may meet.
NOT_SETTLED: tuple[type[Exception], ...] = (Unavailable, *BROKER_ERRORS)

#: Seconds until a message comes again when a server was away. Half of it is random, so that not all come at once.
UNAVAILABLE_SECONDS = 10
#: First delay after a defect; it doubles each time.
DEFECT_SECONDS = 2
#: Seconds the broker may take to stop sending us messages.
CANCEL_SECONDS = 5

Handler = Callable[[Any], Awaitable[None]]


class DefectBook(Protocol):
    """Counts defects on the documents that messages are about."""

    def is_defect(self, error: Exception) -> bool:
        """Whether an exception of a client library is about what was asked, and not about its server."""

    async def count(self, message: Message, error: Exception, times: int) -> int:
        """Count a defect that a message met for the `times`-th time. Returns how many its document has met."""


class _Refused(Unprocessable):
    """A message of a type that its sender may not send."""


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
        declare: bool = True,
        unavailable: tuple[type[Exception], ...] = (),
        senders: Senders | None = None,
        book: DefectBook | None = None,
    ) -> None:
        """`handlers` maps message type to handler; a body without an envelope is taken as the first of them.

        `declare`: make the queue again if a broker comes back without it; not every user may.
        `unavailable`: exceptions of client libraries that mean "the server is away". `book`: keeps count of defects.
        `senders`: who may send what; None: all services share one user, and everybody may send everything.
        """
        self._connection = connection
        self._publisher = publisher
        self._queue_name = queue
        self._handlers = dict(handlers)
        self._prefetch = prefetch
        self._declare = declare
        self._unavailable: tuple[type[Exception], ...] = (Unavailable, *unavailable)
        self._senders = Senders(own_user(connection)) if senders is None else senders
        self._book = book
        self._running: set[asyncio.Task[Any]] = set()
        self._channel: AbstractRobustChannel | None = None
        self._queue: AbstractQueue | None = None
        self._tag: str | None = None

    async def start(self) -> None:
        """Begin to consume."""
        self._channel = await open_channel(self._connection)
        self._queue = await open_queue(self._connection, self._channel, self._queue_name, declare=self._declare)
        await self.resume()

    async def resume(self, prefetch: int | None = None) -> None:
        """Take messages, from the start or after a pause. Raises an error of the broker if it is away.

        `prefetch`: take so many at once from now on; None: as many as at the start.
        """
        if self._channel is not None and self._queue is not None and self._tag is None:
            async with asyncio.timeout(CANCEL_SECONDS):
                # It holds for consumers that begin after it.
                await self._channel.set_qos(prefetch_count=prefetch or self._prefetch)
                self._tag = await self._queue.consume(self._take)

    async def pause(self) -> None:
        """Take no more messages; those being handled go on."""
        if self._queue is not None and self._tag is not None:
            tag, self._tag = self._tag, None
            try:
                # While the broker is away aio-pika waits for its return first, which its own timeout does not cover.
                async with asyncio.timeout(CANCEL_SECONDS):
                    await self._queue.cancel(tag)
            except BROKER_ERRORS as error:
                log.warning("consumer.cancel_failed", queue=self._queue_name, error=str(error))

    @property
    def busy(self) -> bool:
        """Whether a message is being handled."""
        return bool(self._running)

    async def problem(self) -> str | None:
        """None if messages can arrive (or are not wanted now), else what is wrong; for /readyz."""
        return await arrival_problem(self._channel, self._queue_name, self._tag)

    async def lost(self) -> str | None:
        """None unless the connection is there and the consumer is not, which will not come back; for the watchdog.

        A broker that is away ends no service: the client connects again as soon as it is there.
        """
        there = await is_consumed(self._channel, self._tag)
        return f"the consumer of {self._queue_name} is gone" if there is False else None

    async def stop(self, drain_seconds: float) -> None:
        """Take no more; let running handlers finish for `drain_seconds`, then cancel them (their messages return)."""
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

    async def _take(self, amqp: AbstractIncomingMessage) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        began = time.monotonic()
        progress = metrics.MESSAGES_IN_PROGRESS.labels(self._queue_name)
        progress.inc()
        outcome = "returned"
        try:
            outcome = await self._handle_and_settle(amqp)
        finally:
            self._running.discard(task)
            progress.dec()
            metrics.MESSAGES_RECEIVED.labels(self._queue_name, outcome).inc()
            metrics.MESSAGE_HANDLING_SECONDS.labels(self._queue_name).observe(time.monotonic() - began)

    async def _handle_and_settle(self, amqp: AbstractIncomingMessage) -> str:
        try:
            try:
                outcome = await self._handle(amqp)
            except Unprocessable as error:
                outcome = await self._park(amqp, str(error), refused=isinstance(error, _Refused))
            except TryLater as error:
                outcome = await self._later(amqp, error.seconds, error.reason)
            except self._unavailable as error:
                if self._book is not None and self._book.is_defect(error):
                    outcome = await self._defect(amqp, error)
                    await amqp.ack()
                    return outcome
                seconds = UNAVAILABLE_SECONDS * random.uniform(0.5, 1)
                outcome = await self._later(amqp, seconds, f"{type(error).__name__}: {error}")
            except Exception as error:
                outcome = await self._defect(amqp, error)
            await amqp.ack()
            return outcome
        except NOT_SETTLED as error:
            log.warning("message.not_settled", queue=self._queue_name, error=str(error))
            return await self._settle_somehow(amqp)
        except Exception as error:
            log.error("message.rejected", queue=self._queue_name, place=place_of(error), exc_info=error)
            await amqp.reject(requeue=False)
            return "parked"

    async def _handle(self, amqp: AbstractIncomingMessage) -> str:
        sender = self._senders.sender(amqp)
        received = unwrap(amqp.body, tuple(self._handlers))
        if not self._senders.may_send(sender, received.message.type):
            raise _Refused(f"{sender.user or 'who does not sign its messages'} may not send {received.message.type}")
        handling(sender)
        if received.sent_at is not None and sender.service:
            age = (datetime.now(UTC) - received.sent_at).total_seconds()
            metrics.QUEUE_AGE_SECONDS.labels(self._queue_name).observe(max(0, age))
        await self._handlers[type(received.message)](received.message)
        return "acked"

    async def _park(self, amqp: AbstractIncomingMessage, reason: str, *, refused: bool = False) -> str:
        """Set a message aside. `refused`: its sender may not send such a one, so it is about nothing of ours."""
        reason = clean_line(reason)
        whose = "" if refused else self._senders.sender(amqp).user or ""
        await self._publisher.park(amqp.body, self._queue_name, reason, whose)
        log.error("message.parked", queue=self._queue_name, reason=reason)
        return "parked"

    async def _later(self, amqp: AbstractIncomingMessage, seconds: float, reason: str) -> str:
        await self._again(amqp, seconds, self._defects_of(amqp))
        log.info("message.delayed", queue=self._queue_name, seconds=round(seconds, 1), reason=reason)
        return "delayed"

    async def _defect(self, amqp: AbstractIncomingMessage, error: Exception) -> str:
        defects = self._defects_of(amqp) + 1
        log.error("handler.failed", queue=self._queue_name, defects=defects, place=place_of(error), exc_info=error)
        try:
            counted = await self._counted(amqp.body, error, defects)
        except self._unavailable as away:
            return await self._later(amqp, UNAVAILABLE_SECONDS, f"{type(away).__name__}: {away}")
        if max(defects, counted) >= DEFECT_LIMIT:
            where = f"{place_of(error)} with {said(error)}"
            return await self._park(amqp, f"the handler failed {max(defects, counted)} times, last in {where}")
        await self._again(amqp, DEFECT_SECONDS * 2**defects, defects)
        return "delayed"

    async def _counted(self, body: bytes, error: Exception, times: int) -> int:
        """How many defects the document has met that a message is about; 0: it is about none, or cannot be read."""
        try:
            message = unwrap(body, tuple(self._handlers)).message
        except Exception:
            return 0
        return await self._book.count(message, error, times) if self._book is not None else 0

    def _defects_of(self, amqp: AbstractIncomingMessage) -> int:
        """How many defects a message has met, from 0 to the limit."""
        met = amqp.headers.get(DEFECTS_HEADER) if self._senders.own(amqp) else None
        return min(max(met, 0), DEFECT_LIMIT) if isinstance(met, int) else 0

    async def _again(self, amqp: AbstractIncomingMessage, seconds: float, defects: int) -> None:
        """Let a message come again after `seconds`, under its sender's name, and with nothing else of its headers."""
        headers = {**relayed(self._senders.sender(amqp)), DEFECTS_HEADER: defects}
        await self._publisher.deliver_later(amqp.body, headers, self._queue_name, seconds, message_id=amqp.message_id)

    async def _settle_somehow(self, amqp: AbstractIncomingMessage) -> str:
        """The broker took neither the message's delay nor its acknowledgement: try on while the channel lives.

        Giving it back would count as a delivery, and enough of them would park an innocent message. If the connection
        is lost, aio-pika cancels this task, and the message is back in its queue.
        """
        while self._channel is not None and not self._channel.is_closed:
            await asyncio.sleep(UNAVAILABLE_SECONDS * random.uniform(0.1, 0.5))
            with suppress(*NOT_SETTLED):
                outcome = await self._later(amqp, UNAVAILABLE_SECONDS, "the broker took nothing before")
                await amqp.ack()
                return outcome
        return "returned"
