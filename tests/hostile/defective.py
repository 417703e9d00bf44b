"""Our own services in this process, on real servers, for documents and messages over which their code must fail."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from services.api.backend import Backend
from services.api.routes.decisions import decide
from services.api.schemas.decisions import DecisionIn, DecisionOut
from services.retry import handlers as retry_handlers
from services.retry.handlers import Retrier
from services.retry.settings import RetrySettings
from services.retry.sweeper import Sweeper
from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, Video
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.contracts import Message
from shared.contracts.defect import DEFECT_LIMIT
from shared.messaging.connection import Broker
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.consuming.settlement import Handler
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.runtime.defect_book import DefectBook
from shared.topology import FAILURES_QUEUE

#: Seconds within which something must have happened; reached only when it did not.
LIMIT = 120
GOOD = "youtube:goodgoodgoo"
#: A place in our own code, as the detail of a defect names it: relative, with its line.
PLACE = r"in (services|shared)/[\w/]+\.py:\d+ \([\w<>]+\): \w+"
SETTINGS = RetrySettings(_env_file=None, sweep_grace_seconds=0, sweep_seconds=30)


async def until(look: Callable[[], Awaitable[Any]], what: str) -> Any:
    """The first true result of `look`."""
    try:
        async with asyncio.timeout(LIMIT):
            while not (found := await look()):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"after {LIMIT} s there was still no {what}") from None
    return found


@dataclass
class Defective:
    """What a test works with."""

    catalog: Catalog
    broker: Broker
    publisher: Publisher
    backend: Backend

    @property
    def book(self) -> DefectBook:
        """Where defects are counted."""
        return DefectBook(self.catalog, self.publisher)

    async def accept(self, *ids: str, requested: bool = False) -> None:
        """Take videos into the catalog as if it had been a minute ago."""
        now = await self.catalog.now() - timedelta(seconds=60)
        entries = [Entry(id_, f"https://youtu.be/{id_.partition(':')[2]}", "A title") for id_ in ids]
        await accept_videos(self.catalog, "youtube:PLdefects0001", ("mp3-320",), entries, now)
        if requested:
            await mark_requested(self.catalog, list(ids), now)

    async def spoil(self, id_: str, change: Mapping[str, Any]) -> None:
        """Write over fields of a video, past all our code."""
        await self.catalog.videos.update_one({"_id": id_}, {"$set": dict(change)})

    async def video(self, id_: str) -> Video:
        """A video's document."""
        found = await self.catalog.videos.find_one({"_id": id_})
        assert found is not None
        return found

    async def playlist(self, id_: str) -> Playlist:
        """A playlist's document."""
        found = await self.catalog.playlists.find_one({"_id": id_})
        assert found is not None
        return found

    def sweeper(self) -> Sweeper:
        """A sweeper that takes everything for overdue."""
        return Sweeper(self.catalog, self.publisher, partial(depth, self.broker), SETTINGS, "me")

    async def sweep_often(self) -> int:
        """As many sweeps as a defect is given, and more. Returns how many things the last one published again."""
        one = self.sweeper()
        for _ in range(DEFECT_LIMIT + 1):
            found = await one.sweep()
        return sum(found.values())

    async def drained(self, queue: str) -> int:
        """Empty a queue. Returns how many messages were in it."""
        channel = await self.broker.channel()
        answer = await (await channel.get_queue(queue, ensure=False)).purge()
        await channel.close()
        return int(answer.message_count or 0)

    async def retry(self, **selection: Any) -> DecisionOut:
        """A person tries again what failed."""
        return await decide(DecisionIn(action="retry", **selection), self.backend)

    @asynccontextmanager
    async def consuming(self, queue: str, handlers: Mapping[type[Message], Handler]) -> AsyncIterator[Consumer]:
        """A consumer of a queue, with its book."""
        consumer = Consumer(
            self.broker, self.publisher, queue, handlers, prefetch=20, options=ConsumerOptions(book=self.book)
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop(1)

    @asynccontextmanager
    async def retrying(self) -> AsyncIterator[Consumer]:
        """The consumer of the retry service."""
        retrier = Retrier(self.catalog, self.publisher, SETTINGS, random.Random(1))
        async with self.consuming(FAILURES_QUEUE, retry_handlers.handlers(retrier)) as consumer:
            yield consumer
