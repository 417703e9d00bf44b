"""Messages in the delay tree: when each was due, and when it arrived. Times are `perf_counter` seconds."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from pydantic import SecretStr

from shared.contracts import VideoRequested, wrap
from shared.messaging.connection import connect
from shared.messaging.declare import declare
from shared.messaging.delay import whole_delay
from shared.messaging.publisher import BATCH, Publisher
from shared.settings import BrokerSettings
from shared.topology import VIDEOS_QUEUE

#: The queue at which the messages arrive.
TARGET = VIDEOS_QUEUE
#: The retry of a video. All messages have this body, made in advance, so that only the tree is timed and not JSON.
RETRY = VideoRequested(video_id="youtube:benchdelay1", url="https://www.youtube.com/watch?v=benchdelay1", attempts=1)
BODY = wrap(RETRY, "bench", datetime.now(UTC))
#: Seconds allowed to connect, and for a publish; beyond them the run has failed.
LIMIT_SECONDS = 60
#: Seconds without an arrival after which missing messages count as lost. A level that gets no confirm from the next one
#: sends again after 180 s (dead_letter_worker_publisher_confirm_timeout), so until then a message is only late.
QUIET_SECONDS = 200
#: Seconds to wait for duplicates when all have arrived.
SECOND_COPY_SECONDS = 3


class Passage:
    """Messages sent into the tree by one publisher, and their arrivals."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._random = random.Random(1)
        self._due: dict[str, float] = {}
        self._arrived: dict[str, float] = {}
        self.publish_seconds: list[float] = []
        self.duplicates = 0

    async def send(self, number: int, shortest: int, longest: int) -> None:
        """Send one message with a random delay of whole seconds, which counts from the broker's confirm."""
        delay = self._random.randint(shortest, longest)
        id_ = str(number)
        began = time.perf_counter()
        await self._publisher.deliver_later(BODY, {}, TARGET, delay, message_id=id_, type_=RETRY.type)
        confirmed = time.perf_counter()
        self.publish_seconds.append(confirmed - began)
        self._due[id_] = confirmed + whole_delay(delay)

    async def send_fast(self, number: int, shortest: int, longest: int) -> None:
        """Send `number` messages, with as many confirms in flight as in the publisher's own batches."""
        for first in range(0, number, BATCH):
            batch = range(first, min(first + BATCH, number))
            await asyncio.gather(*(self.send(n, shortest, longest) for n in batch))

    async def take(self, message: AbstractIncomingMessage) -> None:
        """Note an arrival."""
        now = time.perf_counter()
        assert message.message_id is not None
        if message.message_id in self._arrived:
            self.duplicates += 1
        self._arrived.setdefault(message.message_id, now)

    async def arrivals(self) -> None:
        """Return when all have arrived, or when no more arrive."""
        while self.lost:
            if time.perf_counter() - max(*self._arrived.values(), *self._due.values()) > QUIET_SECONDS:
                return
            await asyncio.sleep(0.5)
        await asyncio.sleep(SECOND_COPY_SECONDS)

    @property
    def lost(self) -> int:
        """Return the number of confirmed messages that have not arrived."""
        return len(self._due.keys() - self._arrived.keys())

    def lateness(self, not_before: float = 0.0) -> list[float]:
        """Return the lateness of each arrived message in seconds: after its due time, or `not_before` if later."""
        return [when - max(self._due[id_], not_before) for id_, when in self._arrived.items()]


@asynccontextmanager
async def passage(url: str, *, consume: bool) -> AsyncIterator[Passage]:
    """Yield a passage: the tree in the virtual host of `url`, a publisher and, if wanted, a consumer at its end."""
    settings = BrokerSettings(url=SecretStr(url))
    async with await connect(settings, "bench", LIMIT_SECONDS) as sending, await aio_pika.connect(url) as receiving:
        await declare(sending)
        made = Passage(await Publisher.open(sending, "bench", LIMIT_SECONDS))
        if consume:
            queue = await (await receiving.channel()).get_queue(TARGET)
            await queue.consume(made.take, no_ack=True)
        yield made
