"""Publishes messages: persistent, mandatory, and confirmed within a time limit; anything else is an error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aio_pika import DeliveryMode
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractRobustChannel, AbstractRobustConnection
from aio_pika.exceptions import DeliveryError, PublishError

from shared import metrics
from shared.contracts import Message, wrap
from shared.contracts.envelope import CONTENT_TYPE
from shared.errors import BrokerUnavailable
from shared.messaging.delay import entry_point, whole_delay
from shared.messaging.driver_errors import RAISED, asked_to_stop, translated
from shared.messaging.sender import SENDER_HEADER, own_user
from shared.topology import PARKING_EXCHANGE, ROUTES

#: Confirms in flight when many messages are published. Waiting for each one alone is several times slower.
BATCH = 500
#: The header with the number of defects that a message has caused.
DEFECTS_HEADER = "x-fonoteca-defects"
#: Headers of a parked message: why and when it was parked, and the size of its complete body.
PARKED_REASON_HEADER, PARKED_AT_HEADER, PARKED_SIZE_HEADER = "x-parked-reason", "x-parked-at", "x-parked-size"
#: The only headers that a message keeps when it is delivered again. CC and BCC would route it to more queues, at each
#: level of the delay tree. RabbitMQ 3.10 takes a message with an old `x-death` for a cycle and drops it silently.
_KEPT_HEADERS = (DEFECTS_HEADER, SENDER_HEADER)
#: Bytes of a body that are parked. Our own messages are smaller, and the beginning of a larger one shows its origin.
PARKED_BYTES = 1024 * 1024


class Publisher:
    """Publishes on a channel of its own. Its methods raise BrokerUnavailable if the broker did not take a message."""

    def __init__(
        self, channel: AbstractRobustChannel | None, service: str, timeout_seconds: float, user: str | None = None
    ) -> None:
        """`user`: the user of the connection; the broker guarantees it to the consumers of a message.

        `channel`: None if there is no connection yet; `attach` sets it.
        """
        self._channel = channel
        self._service = service
        self._timeout = timeout_seconds
        self._user = user

    @classmethod
    async def open(cls, connection: AbstractRobustConnection, service: str, timeout_seconds: float) -> Publisher:
        """Open a publisher with confirms on. Publishing a required message that no queue accepts raises."""
        publisher = cls(None, service, timeout_seconds)
        await publisher.attach(connection)
        return publisher

    async def attach(self, connection: AbstractRobustConnection) -> None:
        """Publish over this connection from now on. Raises BrokerUnavailable."""
        with translated("RabbitMQ did not open a channel"):
            channel = connection.channel(publisher_confirms=True, on_return_raises=True)
            await channel.initialize()
        assert isinstance(channel, AbstractRobustChannel)
        self._channel, self._user = channel, own_user(connection)

    async def publish(self, message: Message) -> None:
        """Publish a message on its route. Returns when the broker has confirmed it."""
        route = ROUTES[message.type]
        body = wrap(message, self._service, datetime.now(UTC))
        amqp = self._amqp(body, {}, message.message_id(), message.type)
        await self._send(amqp, route.exchange, message.routing_key(), message.type, mandatory=route.required)

    async def publish_many(self, messages: Iterable[Message]) -> int:
        """Publish many messages at once. Returns their number. If it raises, some may have been published."""
        number = 0
        batch: list[Message] = []
        for message in messages:
            batch.append(message)
            if len(batch) == BATCH:
                number += await self._publish_batch(batch)
                batch = []
        return number + await self._publish_batch(batch)

    async def _publish_batch(self, batch: list[Message]) -> int:
        results = await asyncio.gather(*(self.publish(message) for message in batch), return_exceptions=True)
        for result in results:
            if isinstance(result, asyncio.CancelledError):
                raise BrokerUnavailable("RabbitMQ did not confirm a message: the connection was lost") from result
            if isinstance(result, BaseException):
                raise result
        return len(batch)

    async def publish_later(self, message: Message, queue: str, seconds: float) -> None:
        """Deliver `message` to `queue` after `seconds`, through the delay tree."""
        body = wrap(message, self._service, datetime.now(UTC))
        await self.deliver_later(body, {}, queue, seconds, message_id=message.message_id(), type_=message.type)

    async def deliver_later(
        self,
        body: bytes,
        headers: Mapping[str, Any],
        queue: str,
        seconds: float,
        *,
        message_id: str | None = None,
        type_: str | None = None,
    ) -> None:
        """Deliver a message unchanged after `seconds`, with only those of its `headers` that are ours."""
        exchange, key = entry_point(whole_delay(seconds), queue)
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        await self._send(
            self._amqp(body, kept, message_id, type_), exchange, key, type_ or "as-received", mandatory=True
        )

    async def park(self, body: bytes, queue: str, reason: str, sender: str = "") -> None:
        """Put a message from `queue` into the parking queue of `queue`, with the reason and its `sender` in headers."""
        why = {
            PARKED_REASON_HEADER: reason[:1000],
            PARKED_AT_HEADER: datetime.now(UTC).isoformat(),
            PARKED_SIZE_HEADER: len(body),
            SENDER_HEADER: sender,
        }
        amqp = self._amqp(body[:PARKED_BYTES], why, None, None)
        await self._send(amqp, PARKING_EXCHANGE, queue, "parked", mandatory=True)

    async def problem(self) -> str | None:
        """Describe what keeps messages from being sent, for /readyz; None if nothing does."""
        return "no connection to RabbitMQ" if self._channel is None or self._channel.is_closed else None

    async def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            await self._channel.close()

    def _amqp(self, body: bytes, headers: Mapping[str, Any], message_id: str | None, type_: str | None) -> AmqpMessage:
        return AmqpMessage(
            body,
            headers=dict(headers),
            content_type=CONTENT_TYPE,
            delivery_mode=DeliveryMode.PERSISTENT,
            message_id=message_id,
            type=type_,
            app_id=f"fonoteca-{self._service}",
            user_id=self._user,
        )

    async def _send(self, amqp: AmqpMessage, exchange: str, key: str, label: str, *, mandatory: bool) -> None:
        if self._channel is None:
            raise BrokerUnavailable("RabbitMQ accepted no message: there has been no connection to it yet")
        try:
            target = await self._channel.get_exchange(exchange, ensure=False)
            await target.publish(amqp, key, mandatory=mandatory, timeout=self._timeout)
        except (DeliveryError, PublishError) as error:
            metrics.MESSAGES_PUBLISHED.labels(label, "refused").inc()
            raise BrokerUnavailable(f"RabbitMQ accepted no message for {exchange} with key {key}: {error}") from error
        except RAISED as error:
            metrics.MESSAGES_PUBLISHED.labels(label, "failed").inc()
            raise BrokerUnavailable(
                f"RabbitMQ did not confirm a message: {str(error) or type(error).__name__}"
            ) from error
        except asyncio.CancelledError as error:
            metrics.MESSAGES_PUBLISHED.labels(label, "cancelled").inc()
            if not asked_to_stop():
                raise BrokerUnavailable("RabbitMQ did not confirm a message: the connection was abandoned") from error
            raise
        metrics.MESSAGES_PUBLISHED.labels(label, "confirmed").inc()
