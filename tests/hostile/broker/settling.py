"""Publish a hostile message and an innocent one to the consumer of playlists, and see what becomes of both."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aio_pika
from aio_pika.abc import AbstractRobustConnection

from shared.contracts import PlaylistSubmitted
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Sender, current_sender
from shared.topology import PLAYLISTS_QUEUE, WORK_EXCHANGE, parking_of
from tests.hostile.broker.virtual_host import LIMIT, publish_raw, wait_for_messages, waiting_in

KEY = "playlist.submitted.v1"
PARKED = parking_of(PLAYLISTS_QUEUE)
URL = "https://www.youtube.com/playlist?list=PLhostile0000001"
GOOD = json.dumps({"url": URL}).encode()
VHOST = "hostile-messages"


class Collected:
    """A consumer of playlists, which keeps what it handled."""

    def __init__(self) -> None:
        self.urls: asyncio.Queue[tuple[str, Sender]] = asyncio.Queue()

    async def take(self, message: PlaylistSubmitted) -> None:
        await self.urls.put((message.url, current_sender()))


async def settled(
    broker: AbstractRobustConnection, publisher: Publisher, body: bytes, properties: Any
) -> tuple[list[Sender], list[aio_pika.abc.AbstractIncomingMessage]]:
    """Publish a message, then an innocent one. Returns whose were handled and what was parked; no more is left."""
    collected, reconnects = Collected(), 0

    def count(*_: Any) -> None:
        nonlocal reconnects
        reconnects += 1

    broker.reconnect_callbacks.add(count)
    consumer = Consumer(broker, publisher, PLAYLISTS_QUEUE, {PlaylistSubmitted: collected.take}, prefetch=1)
    await consumer.start()
    async with await aio_pika.connect(str(broker.url)) as outside:  # type: ignore[attr-defined]
        channel = await outside.channel()
        await publish_raw(channel, body, KEY, WORK_EXCHANGE, properties)
        await publish_raw(channel, json.dumps({"url": f"{URL}next"}).encode(), KEY, WORK_EXCHANGE, None)
        handled: list[Sender] = []
        async with asyncio.timeout(LIMIT):
            while (taken := await collected.urls.get())[0] == URL:
                handled.append(taken[1])
        await consumer.stop(LIMIT)
        found = (await waiting_in(channel)).get(PARKED, 0)
        parked = await wait_for_messages(channel, PARKED, found)
        assert await waiting_in(channel) == {}
    assert reconnects == 0
    return handled, parked
