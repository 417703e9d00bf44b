"""Publishing: persistent, mandatory, confirmed within a time limit; anything else is an error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aio_pika import DeliveryMode
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractRobustChannel, AbstractRobustConnection
from aio_pika.exceptions import AMQPError, DeliveryError, PublishError

from shared import metrics
from shared.contracts import Message, wrap
from shared.contracts.envelope import CONTENT_TYPE
from shared.errors import Unavailable
from shared.messaging.connection import asked_to_stop
from shared.messaging.delay import entrance, whole_delay
from shared.topology import PARKING_EXCHANGE, ROUTES

#: Confirms in flight when many messages are published: several times faster than one by one.
BATCH = 500
#: What dead-lettering adds to a message. With these on it, a second pass of the delay tree looks like a cycle to
#: RabbitMQ 3.10, which then drops the message silently.
_DEATH_HEADERS = ("x-death", "x-first-death", "x-last-death")


class Publisher:
    """Publishes on a channel of its own. Every method raises Unavailable if the broker did not take the message."""

    def __init__(self, channel: AbstractRobustChannel, service: str, timeout_seconds: float) -> None:
        self._channel = channel
        self._service = service
        self._timeout = timeout_seconds

    @classmethod
    async def open(cls, connection: AbstractRobustConnection, service: str, timeout_seconds: float) -> Publisher:
        """A publisher with confirms on; a message that no queue takes is returned and raises."""
        channel = connection.channel(publisher_confirms=True, on_return_raises=True)
        await channel.initialize()
        assert isinstance(channel, AbstractRobustChannel)
        return cls(channel, service, timeout_seconds)

    async def publish(self, message: Message) -> None:
        """Publish where the message's route says. Returns when the broker has it safe."""
        route = ROUTES[message.type]
        body = wrap(message, self._service, datetime.now(UTC))
        amqp = self._amqp(body, {}, message.message_id(), message.type)
        await self._send(amqp, route.exchange, message.routing_key(), message.type, mandatory=route.required)

    async def publish_many(self, messages: Iterable[Message]) -> int:
        """Publish all, many confirms in flight. Returns their number. If it raises, some may have been published."""
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
                raise Unavailable("RabbitMQ did not confirm a message: the connection was lost") from result
            if isinstance(result, BaseException):
                raise result
        return len(batch)

    async def publish_later(self, message: Message, queue: str, seconds: float) -> None:
        """Let `message` arrive in `queue` after `seconds`, by the delay tree."""
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
        """The same for a message as it came."""
        exchange, key = entrance(whole_delay(seconds), queue)
        kept = {name: value for name, value in headers.items() if not name.startswith(_DEATH_HEADERS)}
        await self._send(
            self._amqp(body, kept, message_id, type_), exchange, key, type_ or "as-received", mandatory=True
        )

    async def park(self, body: bytes, headers: Mapping[str, Any], queue: str, reason: str) -> None:
        """Put a message that came from `queue` into its parking queue, with the reason in a header."""
        kept = {name: value for name, value in headers.items() if not name.startswith(_DEATH_HEADERS)}
        kept |= {"x-parked-reason": reason[:1000], "x-parked-at": datetime.now(UTC).isoformat()}
        await self._send(self._amqp(body, kept, None, None), PARKING_EXCHANGE, queue, "parked", mandatory=True)

    async def problem(self) -> str | None:
        """None if messages can be sent, else what is wrong; for /readyz."""
        return "no connection to RabbitMQ" if self._channel.is_closed else None

    async def close(self) -> None:
        """Close the channel."""
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
        )

    async def _send(self, amqp: AmqpMessage, exchange: str, key: str, label: str, *, mandatory: bool) -> None:
        try:
            target = await self._channel.get_exchange(exchange, ensure=False)
            await target.publish(amqp, key, mandatory=mandatory, timeout=self._timeout)
        except (DeliveryError, PublishError) as error:
            metrics.MESSAGES_PUBLISHED.labels(label, "refused").inc()
            raise Unavailable(f"RabbitMQ took no message for {exchange} with key {key}: {error}") from error
        except (AMQPError, OSError, TimeoutError, RuntimeError) as error:
            # RuntimeError: aio-pika's word for a channel or connection that is closed at the moment.
            metrics.MESSAGES_PUBLISHED.labels(label, "failed").inc()
            raise Unavailable(f"RabbitMQ did not confirm a message: {error or type(error).__name__}") from error
        except asyncio.CancelledError as error:
            metrics.MESSAGES_PUBLISHED.labels(label, "cancelled").inc()
            if not asked_to_stop():
                raise Unavailable("RabbitMQ did not confirm a message: the connection was given up") from error
            raise
        metrics.MESSAGES_PUBLISHED.labels(label, "confirmed").inc()
