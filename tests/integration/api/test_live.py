"""The events that a listener receives, on the real catalog and the real broker."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

from fastapi.sse import ServerSentEvent

from services.api.backend import Backend
from services.api.live.live_event import UNKNOWN_VIDEO, live_event, read_message
from services.api.live.stream_follower import SINCE, follow_stream
from shared.messaging.connection import Broker
from shared.messaging.consuming.stream import StreamMessage, StreamReader
from shared.topology import EVENTS_STREAM
from tests.live_messages import mirrored, mirrored_fact, videos


async def received(
    backend: Backend, number: int, *, last_id: str | None = None, playlist: str | None = None
) -> list[ServerSentEvent]:
    """The first events that a listener receives."""

    async def key_is_valid() -> bool:
        return True

    found: list[ServerSentEvent] = []
    with backend.live.polls.watch(playlist) as poll:
        async for event in backend.live.listen(poll, playlist, last_id, key_is_valid):
            found.append(event)
            if len(found) == number:
                break
    return found


async def test_a_listener_that_received_only_progress_misses_nothing_either(backend: Backend) -> None:
    backend.live.recent.add(mirrored(0))
    [progress] = await received(backend, 1)
    assert (progress.event, progress.id) == ("progress", mirrored(0).position.event_id())
    backend.live.recent.add(mirrored(1))
    assert videos(await received(backend, 1, last_id=progress.id)) == ["youtube:00000000001"]


async def test_an_unreadable_message_hurts_nobody(backend: Backend) -> None:
    backend.live.recent.add(live_event(read_message(StreamMessage(4, b"not even JSON")), UNKNOWN_VIDEO))
    [progress] = await received(backend, 1)
    assert progress.event == "progress"


async def test_a_malformed_video_keeps_no_later_event_back(backend: Backend, broker: Broker) -> None:
    bad, good = (f"youtube:{uuid.uuid4().hex[:11]}" for _ in range(2))
    malformed: Any = {"_id": bad, "title": {"a": 1}, "playlists": 7, "accession": 1}
    video: Any = {"_id": good, "title": "A tale", "playlists": ["youtube:PLlive"], "accession": 2}
    for document in (malformed, video):
        await backend.catalog.videos.insert_one(document)
    for id_ in (bad, good):
        await backend.publisher.publish(mirrored_fact(id_))
    reader = StreamReader(broker, EVENTS_STREAM, SINCE, declare=True)
    await reader.start()
    live = backend.live
    following = asyncio.create_task(follow_stream(reader, backend.catalog, live.recent, live.notifier))
    try:
        async with asyncio.timeout(60):
            # The stream also holds the events of other tests.
            while not (found := [event for event in live.recent.after(None, 10**6) if good in event.data]):
                await live.notifier.wait(live.notifier.next(), 1)
    finally:
        following.cancel()
        await reader.close()
    [event] = found
    said = json.loads(event.data)
    assert (said["title"], said["playlists"]) == ("A tale", ["youtube:PLlive"])
    assert not [event for event in live.recent.after(None, 10**6) if bad in event.data]
