"""Acknowledges messages: the first that is done in a turn of the event loop at once, all others of this turn together.

The broker confirms published messages in batches, so that many handlers end in one turn, and a write for each
acknowledgement cost as much as sending its message. Nothing is promised by an acknowledgement that comes a turn later:
until the broker has read it, it delivers the message again, as before.
"""

from __future__ import annotations

import asyncio

from aio_pika.exceptions import ChannelInvalidStateError
from aiormq import Channel
from aiormq.abc import ChannelFrame
from pamqp.commands import Basic

from shared.messaging.delivery import Delivery


class Acknowledgements:
    """Those of one consumer."""

    def __init__(self) -> None:
        #: Channel on which something was acknowledged in this turn → tags of what was done since. A new channel comes
        #: with a new connection.
        self._done: dict[Channel, list[int]] = {}
        self._waiting: set[asyncio.Task[None]] = set()

    def acknowledge(self, amqp: Delivery) -> None:
        """Acknowledge a message. Raises ChannelInvalidStateError if the channel that delivered it is closed."""
        channel, tag = amqp.channel, amqp.delivery_tag
        if channel.is_closed:
            raise ChannelInvalidStateError("the channel is closed")
        if channel in self._done:
            self._done[channel].append(tag)
            return
        self._done[channel] = []
        self._write(channel, [tag])
        asyncio.get_running_loop().call_soon(self._end_turn, channel)

    def _end_turn(self, channel: Channel) -> None:
        tags = self._done.pop(channel)
        if tags and not channel.is_closed:
            self._write(channel, tags)

    def _write(self, channel: Channel, tags: list[int]) -> None:
        together = ChannelFrame.marshall(channel.number, [Basic.Ack(tag) for tag in tags])
        try:
            channel.write_queue.put_nowait(together)
        except asyncio.QueueFull:
            # As while the broker blocks the connection.
            task = asyncio.create_task(channel.write_queue.put(together))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
