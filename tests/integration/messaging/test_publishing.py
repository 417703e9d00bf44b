"""Publishing: a message that no queue takes raises, and nothing published is lost in silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from shared import topology
from shared.contracts import AudioMirrored, Failure, PlaylistFailed, PlaylistSubmitted
from shared.errors import BrokerUnavailable, FailureClass, Unavailable
from shared.messaging.consuming.stream import StreamReader
from shared.messaging.declare import declare
from shared.messaging.publisher import Publisher
from shared.topology import EVENTS_STREAM, FAILURES_QUEUE, PLAYLISTS_QUEUE
from tests.integration.messaging.queues import LIMIT, URL, Broker, depth, get


async def test_a_message_that_no_queue_takes_raises(broker: Broker, publisher: Publisher) -> None:
    channel = await broker.channel()
    queue = await channel.get_queue(PLAYLISTS_QUEUE, ensure=False)
    await queue.unbind(topology.WORK_EXCHANGE, "playlist.submitted.v1")
    try:
        with pytest.raises(Unavailable, match="accepted no message"):
            await publisher.publish(PlaylistSubmitted(url=URL))
        with pytest.raises(Unavailable, match="accepted no message"):
            await publisher.publish_many([PlaylistSubmitted(url=URL)] * 3)
    finally:
        await declare(broker)


def mirrored() -> AudioMirrored:
    """An event that no service need take."""
    fields: dict[str, Any] = {"video_id": "youtube:a", "profile": "mp3-320", "container": "c", "blob": "b"}
    moment = "2026-05-01T00:00:00Z"
    return AudioMirrored(**fields, sha256="0" * 64, size_bytes=1, mirrored_at=moment)


def failed() -> PlaylistFailed:
    """An event that the retry service must take."""
    failure = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="x")
    now = datetime.now(UTC)
    return PlaylistFailed(playlist_id="youtube:PL1", url=URL, failure=failure, attempt=1, charged=1, failed_at=now)


@asynccontextmanager
async def unbound(broker: Broker, *queues: str) -> AsyncIterator[None]:
    """Take no events into these queues meanwhile."""
    channel = await broker.channel()
    for name in queues:
        queue = await channel.get_queue(name, ensure=False)
        for binding in topology.QUEUES_BY_NAME[name].bindings:
            if binding.source == topology.EVENTS_EXCHANGE:
                await queue.unbind(binding.source, binding.key)
    try:
        yield
    finally:
        await declare(broker)


async def test_an_event_that_only_the_stream_takes_is_in_the_stream(broker: Broker, publisher: Publisher) -> None:
    """The stream takes every event. What the retry service does not hear of the sweeper finds in the catalog."""
    reader = StreamReader(broker, EVENTS_STREAM, "next", declare=False)
    await reader.start()
    async with unbound(broker, FAILURES_QUEUE):
        event = failed()
        await publisher.publish(event)
    ours = event.failed_at.isoformat()[:26].encode()
    async with asyncio.timeout(LIMIT):
        async for batch in reader.batches(100):
            if any(ours in message.body for message in batch):
                break
    await reader.close()
    assert await depth(broker, FAILURES_QUEUE) == 0


async def test_without_the_stream_an_event_must_have_the_queue_that_its_route_requires(
    broker: Broker, publisher: Publisher
) -> None:
    async with unbound(broker, EVENTS_STREAM, FAILURES_QUEUE):
        # Nobody need listen to this one.
        await publisher.publish(mirrored())
        with pytest.raises(BrokerUnavailable, match="accepted no message"):
            await publisher.publish(failed())
    await publisher.publish(failed())
    assert (await get(broker, FAILURES_QUEUE)).type == "playlist.failed.v1"
