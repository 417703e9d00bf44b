"""How acknowledgements are written; the client's channel and its queue of frames are played."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from aio_pika.exceptions import ChannelInvalidStateError
from aiormq import Channel
from aiormq.abc import ChannelFrame
from pamqp.commands import Basic
from pamqp.frame import unmarshal

from shared.messaging.consuming.acknowledgements import Acknowledgements
from shared.messaging.delivery import Delivery


@dataclass(eq=False)
class Played:
    """Stands for a channel."""

    number: int = 7
    is_closed: bool = False
    closes: bool = False
    write_queue: asyncio.Queue[ChannelFrame] = field(default_factory=lambda: asyncio.Queue(3))
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # As the client names it: its `basic_ack` asks for it.
        self._Channel__close_event = self

    def is_set(self) -> bool:
        return self.closes

    async def basic_ack(self, tag: int, *, wait: bool) -> None:
        assert not wait
        if self.is_closed or self.closes:
            raise ChannelInvalidStateError("the channel is closed")
        await self.write_queue.put(ChannelFrame.marshall(self.number, [Basic.Ack(tag)]))

    def create_task(self, coroutine: Any) -> None:
        self.tasks.append(asyncio.create_task(coroutine))

    def message(self, tag: int) -> Delivery:
        return Delivery(b"", {}, None, None, cast("Channel", self), tag)

    def written(self) -> list[list[int]]:
        """The tags of each write."""
        found: list[list[int]] = []
        while not self.write_queue.empty():
            found.append(self._tags(self.write_queue.get_nowait().payload))
        return found

    def _tags(self, payload: bytes) -> list[int]:
        tags: list[int] = []
        while payload:
            size, channel, frame = unmarshal(payload)
            ack: Any = frame
            assert isinstance(ack, Basic.Ack)
            assert (channel, ack.multiple) == (self.number, False)
            tags.append(int(ack.delivery_tag or 0))
            payload = payload[size:]
        return tags


async def a_turn() -> None:
    await asyncio.sleep(0)


async def test_what_is_done_in_one_turn_is_written_together_and_the_first_at_once() -> None:
    channel, acknowledgements = Played(), Acknowledgements()
    for tag in (3, 1, 2, 9):
        await acknowledgements.acknowledge(channel.message(tag))
    assert channel.written() == [[3]]
    await a_turn()
    assert channel.written() == [[1, 2, 9]]
    await acknowledgements.acknowledge(channel.message(4))
    await a_turn()
    await a_turn()
    assert channel.written() == [[4]], "none is written twice"


async def test_channels_do_not_share_their_tags() -> None:
    old, new, acknowledgements = Played(number=1), Played(number=2), Acknowledgements()
    for channel in (old, new, old, new):
        await acknowledgements.acknowledge(channel.message(5))
    await a_turn()
    assert (old.written(), new.written()) == ([[5], [5]], [[5], [5]])


@pytest.mark.parametrize("how", ["is_closed", "closes"])
async def test_on_a_channel_that_is_closed_or_closes_nothing_is_acknowledged(how: str) -> None:
    """To an acknowledgement behind the end of a channel, the broker answers by ending the whole connection."""
    channel, acknowledgements = Played(), Acknowledgements()
    await acknowledgements.acknowledge(channel.message(1))
    await acknowledgements.acknowledge(channel.message(2))
    setattr(channel, how, True)
    await a_turn()
    with pytest.raises(ChannelInvalidStateError):
        await acknowledgements.acknowledge(channel.message(3))
    await a_turn()
    assert channel.written() == [[1]], "the broker delivers the others again"


async def test_while_the_queue_is_full_acknowledgements_wait() -> None:
    channel, acknowledgements = Played(), Acknowledgements()
    for tag in range(3):
        await acknowledgements.acknowledge(channel.message(tag))
        if tag < 2:
            await a_turn()
    await acknowledgements.acknowledge(channel.message(3))
    await a_turn()
    await a_turn()
    assert channel.write_queue.full()
    found: list[list[int]] = []
    while len(found) < 4:
        found += channel.written()
        await a_turn()
    assert found == [[0], [1], [2], [3]]
    assert len(channel.tasks) == 1, "it ends with its channel"


def test_the_client_has_what_is_asked_of_it() -> None:
    """The event that its own `basic_ack` asks for has this name."""
    assert "__close_event" in inspect.getsource(Channel.basic_ack)
