"""Delivers messages to consumers with what these read of them.

aio-pika's incoming message copies all fourteen properties and runs in a task of its own: an eighth of what a message
costs. These queues hand over what aiormq, on which aio-pika stands, has read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from aio_pika import RobustQueue
from aiormq import Channel
from aiormq.abc import DeliveredMessage


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that the broker delivered."""

    body: bytes
    headers: Mapping[str, Any]
    #: The user who published it, which the broker guarantees; None: it names none.
    user_id: str | None
    message_id: str | None
    #: The channel by which it came, and its number there.
    channel: Channel
    delivery_tag: int

    async def ack(self) -> None:
        """Acknowledge it. Returns when that is written."""
        await self.channel.basic_ack(self.delivery_tag)

    async def reject(self) -> None:
        """Let the broker treat it as its queue says of rejected messages."""
        await self.channel.basic_reject(self.delivery_tag, requeue=False)


class DirectQueue(RobustQueue):
    """A queue whose consumers get a `Delivery` for each message, also after a reconnect."""

    async def consume(self, callback: Callable[[Any], Awaitable[Any]], *_: Any, **options: Any) -> str:
        """Start to consume. `callback`: takes a Delivery.

        `options`: `arguments`, and the tag of a consumer that is restored.
        """
        arguments, tag = options.get("arguments"), options.get("consumer_tag")
        channel = await self.channel.get_underlay_channel()
        answer = await channel.basic_consume(
            self.name, partial(_hand_over, callback), arguments=arguments, consumer_tag=tag
        )
        assert answer.consumer_tag is not None
        # By which the base class restores it.
        self._consumers[answer.consumer_tag] = {"callback": callback, "arguments": arguments}
        return answer.consumer_tag


async def _hand_over(callback: Callable[[Delivery], Awaitable[Any]], message: DeliveredMessage) -> None:
    properties, channel, tag = message.header.properties, cast("Channel", message.channel), message.delivery_tag
    assert tag is not None
    await callback(
        Delivery(message.body, properties.headers or {}, properties.user_id, properties.message_id, channel, tag)
    )
