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
from aio_pika.abc import AbstractIncomingMessage
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

    async def consume(  # type: ignore[override]  # consumers need no more
        self,
        callback: Callable[[Any], Awaitable[Any]],
        *,
        arguments: dict[str, Any] | None = None,
        consumer_tag: str | None = None,
    ) -> str:
        """Start to consume. `callback`: takes a Delivery. `consumer_tag`: of a consumer that is restored."""
        channel = await self.channel.get_underlay_channel()
        take = callback if _takes_any(callback) else partial(_take_any, callback)
        answer = await channel.basic_consume(
            self.name, partial(_hand_over, take), arguments=arguments, consumer_tag=consumer_tag
        )
        assert answer.consumer_tag is not None
        # By which the client restores it: after a reconnect here, after the broker has cancelled it in the base class.
        self._consumers[answer.consumer_tag] = {"callback": take, "arguments": arguments}
        return answer.consumer_tag


def _takes_any(callback: Callable[[Any], Awaitable[Any]]) -> bool:
    return isinstance(callback, partial) and callback.func is _take_any


async def _take_any(
    callback: Callable[[Delivery], Awaitable[Any]], message: Delivery | AbstractIncomingMessage
) -> None:
    if not isinstance(message, Delivery):
        channel, tag = cast("Channel", message.channel), message.delivery_tag
        assert tag is not None
        message = Delivery(message.body, message.headers, message.user_id, message.message_id, channel, tag)
    await callback(message)


async def _hand_over(callback: Callable[[Delivery], Awaitable[Any]], message: DeliveredMessage) -> None:
    properties, channel, tag = message.header.properties, cast("Channel", message.channel), message.delivery_tag
    assert tag is not None
    await callback(
        Delivery(message.body, properties.headers or {}, properties.user_id, properties.message_id, channel, tag)
    )
