"""Settles messages; no other module does.

The first rule that fits the end of a handler applies:

- it returns: the message is acknowledged;
- it raises Unprocessable: the message goes to the parking queue with the reason, then is acknowledged;
- it raises TryLater: the message is delivered again after the delay, uncharged;
- it raises Unavailable: the same, after `UNAVAILABLE_SECONDS`;
- it is cancelled (connection lost, drain over): the message is not settled, so the broker delivers it again;
- it raises anything else: that is a defect. It is counted on the message's document, and the message is delivered again
  with growing delays. After `DEFECT_LIMIT` defects the document ends, or rests if it is stored (see `DefectBook`), and
  the message is parked.

A message that cannot be settled by its rule is rejected, which also parks it. No message is returned with a plain
requeue: that would spin, and from RabbitMQ 4.3 on without a limit.

Anybody may have written a message's headers. They are read only if the broker guarantees that this service wrote them,
and a message that is delivered again carries only our own headers: see `sender` and `publisher`.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Any, Protocol

from prometheus_client import Histogram

from shared import metrics
from shared.contracts import Message, unwrap
from shared.contracts.defect import DEFECT_LIMIT, error_text, place_of
from shared.errors import ServerError, TryLater, Unavailable, Unprocessable
from shared.logs import logger
from shared.messaging.consuming.acknowledgements import Acknowledgements
from shared.messaging.consuming.received import note_body
from shared.messaging.delivery import Delivery
from shared.messaging.driver_errors import translated
from shared.messaging.publisher import DEFECTS_HEADER, Publisher
from shared.messaging.sender import Senders, handling, relayed
from shared.untrusted.text import clean_line

log = logger(__name__)

#: Seconds until a message is delivered again after a server was unavailable. Half of it is random, to spread the load.
UNAVAILABLE_SECONDS = 10
#: Half of the seconds until the first redelivery after a defect; the delay doubles each time: 4, 8, 16, 32 s.
DEFECT_SECONDS = 2


@cache
def _age_of(queue: str) -> Histogram:
    """Return the metric of a queue; looking it up for each message costs more than observing."""
    return metrics.QUEUE_AGE_SECONDS.labels(queue)


Handler = Callable[[Any], Awaitable[None]]


class DefectBook(Protocol):
    """Counts defects on the documents of messages."""

    async def count(self, message: Message, error: Exception, times: int) -> int:
        """Count a defect that a message caused for the `times`-th time. Returns the number on its document."""


class MayNotSend(Unprocessable):
    """A sender sent a message of a type that it may not send."""


class _RejectedAtLast:
    """A context manager that rejects a message if its settlement failed, so that its queue parks it."""

    def __init__(self, amqp: Delivery, queue: str) -> None:
        self._amqp = amqp
        self._queue = queue

    async def __aenter__(self) -> None:
        """Nothing to prepare."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> bool:
        # The message of a cancelled handler stays unsettled: the broker delivers it again.
        if not isinstance(error, Exception):
            return False
        log.error("message.rejected", queue=self._queue, place=place_of(error), exc_info=error)
        await self._amqp.reject()
        return True


@dataclass(frozen=True)
class Settlement:
    """Handles and settles the messages of one queue."""

    queue: str
    publisher: Publisher
    #: Message type → handler. A body without an envelope is taken as a message of the first type.
    handlers: Mapping[type[Message], Handler]
    senders: Senders
    book: DefectBook | None
    acknowledgements: Acknowledgements = field(default_factory=Acknowledgements)

    async def settle(self, amqp: Delivery, is_open: Callable[[], bool]) -> str:
        """Handle a message and settle it. Returns the outcome: acked, delayed, parked, or returned to the queue.

        `is_open`: returns whether the channel that delivered the message is still open.
        """
        async with _RejectedAtLast(amqp, self.queue):
            try:
                outcome = await self._by_the_rules(amqp)
                await self._acknowledge(amqp)
                return outcome
            except Unavailable as error:
                log.warning("message.not_settled", queue=self.queue, error=str(error))
                return await self._keep_trying(amqp, is_open)
        return "parked"

    async def _by_the_rules(self, amqp: Delivery) -> str:
        try:
            return await self._handle(amqp)
        except Unprocessable as error:
            return await self._park(amqp, str(error), forbidden=isinstance(error, MayNotSend))
        except TryLater as error:
            return await self._later(amqp, error.seconds, error.reason)
        except Unavailable as error:
            seconds = UNAVAILABLE_SECONDS * random.uniform(0.5, 1)
            return await self._later(amqp, seconds, f"{type(error).__name__}: {error}")
        except Exception as error:
            # The one rule for defects: whatever a handler raises, its message is neither lost nor repeated without end.
            return await self._defect(amqp, error)

    async def _handle(self, amqp: Delivery) -> str:
        sender = self.senders.sender(amqp)
        received = unwrap(amqp.body, tuple(self.handlers))
        if not self.senders.may_send(sender, received.message.type):
            raise MayNotSend(f"{sender.user or 'an unknown sender'} may not send {received.message.type}")
        handling(sender)
        note_body(amqp.body)
        if received.sent_at is not None and sender.service:
            age = (datetime.now(UTC) - received.sent_at).total_seconds()
            _age_of(self.queue).observe(max(0, age))
        await self.handlers[type(received.message)](received.message)
        return "acked"

    async def _park(self, amqp: Delivery, reason: str, *, forbidden: bool = False) -> str:
        """Park a message. `forbidden`: its sender may not send this type, so it concerns no document of ours."""
        reason = clean_line(reason)
        whose = "" if forbidden else self.senders.sender(amqp).user or ""
        await self.publisher.park(amqp.body, self.queue, reason, whose)
        log.error("message.parked", queue=self.queue, reason=reason)
        return "parked"

    async def _later(self, amqp: Delivery, seconds: float, reason: str) -> str:
        await self._again(amqp, seconds, self.defects_of(amqp))
        log.info("message.delayed", queue=self.queue, seconds=round(seconds, 1), reason=reason)
        return "delayed"

    async def _defect(self, amqp: Delivery, error: Exception) -> str:
        defects = self.defects_of(amqp) + 1
        log.error("handler.failed", queue=self.queue, defects=defects, place=place_of(error), exc_info=error)
        try:
            counted = await self._counted(amqp.body, error, defects)
        except ServerError as away:
            return await self._later(amqp, UNAVAILABLE_SECONDS, f"{type(away).__name__}: {away}")
        if max(defects, counted) >= DEFECT_LIMIT:
            where = f"{place_of(error)} with {error_text(error)}"
            return await self._park(amqp, f"the handler failed {max(defects, counted)} times, last in {where}")
        await self._again(amqp, DEFECT_SECONDS * 2**defects, defects)
        return "delayed"

    async def _counted(self, body: bytes, error: Exception, times: int) -> int:
        """Return the number of defects on a message's document; 0 if it has none, or cannot be read."""
        try:
            message = unwrap(body, tuple(self.handlers)).message
        except Unprocessable:
            return 0
        return await self.book.count(message, error, times) if self.book is not None else 0

    def defects_of(self, amqp: Delivery) -> int:
        """Return the number of defects that a message has caused, from 0 to the limit."""
        met = amqp.headers.get(DEFECTS_HEADER) if self.senders.own(amqp) else None
        return min(max(met, 0), DEFECT_LIMIT) if isinstance(met, int) else 0

    async def _again(self, amqp: Delivery, seconds: float, defects: int) -> None:
        """Deliver a message again after `seconds`, with its sender's name and none of its other headers."""
        headers = {**relayed(self.senders.sender(amqp)), DEFECTS_HEADER: defects}
        await self.publisher.deliver_later(amqp.body, headers, self.queue, seconds, message_id=amqp.message_id)

    async def _keep_trying(self, amqp: Delivery, is_open: Callable[[], bool]) -> str:
        """Retry while the channel is open, after the broker accepted neither the delay nor the acknowledgement.

        Returning the message would count as a delivery, and enough deliveries would park a valid message. If the
        connection is lost, the client cancels this task, and the message is back in its queue.
        """
        while is_open():
            await asyncio.sleep(UNAVAILABLE_SECONDS * random.uniform(0.1, 0.5))
            with suppress(Unavailable):
                outcome = await self._later(amqp, UNAVAILABLE_SECONDS, "the broker accepted nothing before")
                await self._acknowledge(amqp)
                return outcome
        return "returned"

    async def _acknowledge(self, amqp: Delivery) -> None:
        # Without waiting until it is written, since being written proves nothing: if it is lost with the connection,
        # the broker delivers the message again.
        with translated("RabbitMQ accepted no acknowledgement"):
            await self.acknowledgements.acknowledge(amqp)
