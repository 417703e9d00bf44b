"""A publisher whose broker confirms nothing does not fill the memory with what is tried again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from aio_pika.abc import AbstractRobustChannel

from shared.contracts import PlaylistSubmitted
from shared.errors import BrokerUnavailable
from shared.messaging.publisher import Publisher

MESSAGE = PlaylistSubmitted(url="https://www.youtube.com/playlist?list=PLabcdefghij1234")


@dataclass
class Channel:
    """Stands for the client's channel."""

    confirms: bool = True
    is_closed: bool = False
    #: Whether each message waited until it was written.
    waited: list[bool] = field(default_factory=list)

    async def get_underlay_channel(self) -> Channel:
        return self

    async def basic_publish(self, _body: bytes, *, wait: bool, **_: Any) -> None:
        self.waited.append(wait)
        if not self.confirms:
            raise TimeoutError


async def test_after_a_message_without_a_confirm_the_next_ones_wait_to_be_written() -> None:
    channel = Channel()
    publisher = Publisher(cast("AbstractRobustChannel", channel), "tests", 1)
    await publisher.publish(MESSAGE)
    channel.confirms = False
    for _ in range(2):
        with pytest.raises(BrokerUnavailable):
            await publisher.publish(MESSAGE)
    channel.confirms = True
    for _ in range(2):
        await publisher.publish(MESSAGE)
    assert channel.waited == [False, False, True, True, False]
