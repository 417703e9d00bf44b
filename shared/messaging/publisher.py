"""Publishes messages: persistent, mandatory, and confirmed within a time limit; anything else is an error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from aio_pika import DeliveryMode
from aio_pika.abc import AbstractRobustChannel, AbstractRobustConnection
from aio_pika.exceptions import ChannelInvalidStateError, DeliveryError, PublishError
from aiormq import Channel
from pamqp.commands import Basic
from prometheus_client import Counter

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


@cache
def _published(label: str, outcome: str) -> Counter:
    """Return the counter of one kind of message; looking it up for each message costs more than counting."""
    return metrics.MESSAGES_PUBLISHED.labels(label, outcome)


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
        self._app_id = f"fonoteca-{service}"
        self._is_stuck = False
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
        id_ = message.message_id()
        body = wrap(message, self._service, datetime.now(UTC), id_)
        properties = self._properties({}, id_, message.type)
        to = route.exchange, message.routing_key()
        await self._send(body, properties, *to, message.type, mandatory=route.required)

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
        id_ = message.message_id()
        body = wrap(message, self._service, datetime.now(UTC), id_)
        await self.deliver_later(body, {}, queue, seconds, message_id=id_, type_=message.type)

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
        properties = self._properties(kept, message_id, type_)
        await self._send(body, properties, exchange, key, type_ or "as-received", mandatory=True)

    async def park(self, body: bytes, queue: str, reason: str, sender: str = "") -> None:
        """Put a message from `queue` into the parking queue of `queue`, with the reason and its `sender` in headers."""
        why = {
            PARKED_REASON_HEADER: reason[:1000],
            PARKED_AT_HEADER: datetime.now(UTC).isoformat(),
            PARKED_SIZE_HEADER: len(body),
            SENDER_HEADER: sender,
        }
        properties = self._properties(why, None, None)
        await self._send(body[:PARKED_BYTES], properties, PARKING_EXCHANGE, queue, "parked", mandatory=True)

    async def problem(self) -> str | None:
        """Describe what keeps messages from being sent, for /readyz; None if nothing does."""
        return "no connection to RabbitMQ" if self._channel is None or self._channel.is_closed else None

    async def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            await self._channel.close()

    def _properties(self, headers: Mapping[str, Any], message_id: str | None, type_: str | None) -> Basic.Properties:
        return Basic.Properties(
            content_type=CONTENT_TYPE,
            headers=dict(headers) or None,
            delivery_mode=DeliveryMode.PERSISTENT.value,
            message_id=message_id,
            message_type=type_,
            app_id=self._app_id,
            user_id=self._user,
        )

    async def _send(
        self, body: bytes, properties: Basic.Properties, exchange: str, key: str, label: str, *, mandatory: bool
    ) -> None:
        """Send a message by aiormq, on which aio-pika stands: aio-pika's own messages and exchanges double the cost."""
        if self._channel is None:
            raise BrokerUnavailable("RabbitMQ accepted no message: there has been no connection to it yet")
        try:
            if self._channel.is_closed:
                # Otherwise it would wait for the next connection, with no limit of time.
                raise ChannelInvalidStateError("the channel is closed")
            channel = cast("Channel", await self._channel.get_underlay_channel())
            await channel.basic_publish(
                body,
                exchange=exchange,
                routing_key=key,
                properties=properties,
                mandatory=mandatory,
                timeout=self._timeout,
                # The confirm says more than that it was written. But once none came, a message waits for its turn to be
                # written: else all that is tried again would pile up in memory.
                wait=self._is_stuck,
            )
        except (DeliveryError, PublishError) as error:
            _published(label, "refused").inc()
            raise BrokerUnavailable(f"RabbitMQ accepted no message for {exchange} with key {key}: {error}") from error
        except RAISED as error:
            self._is_stuck = True
            _published(label, "failed").inc()
            raise BrokerUnavailable(
                f"RabbitMQ did not confirm a message: {str(error) or type(error).__name__}"
            ) from error
        except asyncio.CancelledError as error:
            _published(label, "cancelled").inc()
            if not asked_to_stop():
                raise BrokerUnavailable("RabbitMQ did not confirm a message: the connection was abandoned") from error
            raise
        self._is_stuck = False
        _published(label, "confirmed").inc()
