"""Acknowledges messages: the first that is done in a turn of the event loop at once, all others of this turn together.

The broker confirms published messages in batches, so that many handlers end in one turn, and a write for each
acknowledgement cost as much as sending its message. Nothing is promised by an acknowledgement that comes a turn later:
until the broker has read it, it delivers the message again, as before.
"""

from __future__ import annotations

import asyncio

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

    async def acknowledge(self, amqp: Delivery) -> None:
        """Acknowledge a message. Raises the client's errors if the channel that delivered it is closed, or closes."""
        channel = amqp.channel
        if channel in self._done:
            self._done[channel].append(amqp.delivery_tag)
            return
        self._done[channel] = []
        asyncio.get_running_loop().call_soon(self._end_turn, channel)
        await channel.basic_ack(amqp.delivery_tag, wait=False)

    def _end_turn(self, channel: Channel) -> None:
        tags = self._done.pop(channel)
        if not tags or _closes(channel):
            return
        together = ChannelFrame.marshall(channel.number, [Basic.Ack(tag) for tag in tags])
        try:
            channel.write_queue.put_nowait(together)
        except asyncio.QueueFull:
            # The queue has ten places. The channel ends this task when it closes.
            channel.create_task(channel.write_queue.put(together))


def _closes(channel: Channel) -> bool:
    """Whether a channel is closed or about to be: to an acknowledgement then, the broker answers by ending everything.

    It is what the client itself asks before it acknowledges.
    """
    return channel.is_closed or channel._Channel__close_event.is_set()  # type: ignore[attr-defined]  # noqa: SLF001
