"""Consuming: nothing taken from a queue is left unsettled."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from shared import topology
from shared.contracts import PlaylistSubmitted, VideoRequested
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import TryLater, Unavailable
from shared.messaging.consuming import settlement
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.publisher import Publisher
from shared.topology import PLAYLISTS_QUEUE, VIDEOS_QUEUE, parking_of
from tests.integration.messaging.queues import LIMIT, URL, Broker, consuming, depth, get, send_raw


async def test_many_messages_arrive_each_once(broker: Broker, publisher: Publisher) -> None:
    requests = [VideoRequested(video_id=f"youtube:{n}", url=f"https://youtu.be/{n}") for n in range(1200)]
    assert await publisher.publish_many(requests) == 1200
    seen: list[str] = []
    done = asyncio.Event()

    async def take(message: VideoRequested) -> None:
        seen.append(message.video_id)
        if len(seen) == 1200:
            done.set()

    consumer = Consumer(broker, publisher, VIDEOS_QUEUE, {VideoRequested: take}, prefetch=100)
    await consumer.start()
    await asyncio.wait_for(done.wait(), LIMIT)
    await consumer.stop(LIMIT)
    assert sorted(seen) == sorted(r.video_id for r in requests)
    assert await depth(broker, VIDEOS_QUEUE) == 0


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{not json", "not JSON"),
        (b'{"specversion":"1.0","type":"playlist.submitted.v7","data":{}}', "unknown message type"),
        (b'{"url": "gopher://x"}', "url"),
    ],
)
async def test_what_cannot_be_read_is_parked_and_the_rest_flows_on(
    broker: Broker, publisher: Publisher, body: bytes, why: str
) -> None:
    taken: asyncio.Queue[str] = asyncio.Queue()

    async def take(message: PlaylistSubmitted) -> None:
        await taken.put(message.url)

    consumer = await consuming(broker, publisher, take)
    await send_raw(broker, body)
    await send_raw(broker, json.dumps({"url": URL}).encode())
    assert await asyncio.wait_for(taken.get(), LIMIT) == URL
    parked = await get(broker, parking_of(PLAYLISTS_QUEUE))
    assert parked.body == body
    assert why in str(parked.headers["x-parked-reason"])
    await consumer.stop(LIMIT)


async def test_a_handler_that_keeps_failing_gets_its_message_parked(
    broker: Broker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlement, "DEFECT_SECONDS", 0.01)
    calls = 0

    async def fail(_: PlaylistSubmitted) -> None:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError("a defect")

    consumer = await consuming(broker, publisher, fail)
    await publisher.publish(PlaylistSubmitted(url=URL))
    parked = await get(broker, parking_of(PLAYLISTS_QUEUE))
    await consumer.stop(LIMIT)
    assert calls == DEFECT_LIMIT
    assert "ZeroDivisionError: a defect" in str(parked.headers["x-parked-reason"])


async def test_a_message_that_kills_its_worker_is_parked_by_the_broker(broker: Broker, publisher: Publisher) -> None:
    await publisher.publish(PlaylistSubmitted(url=URL))
    for _ in range(topology.DELIVERY_LIMIT + 1):
        channel = await broker.channel()
        queue = await channel.get_queue(PLAYLISTS_QUEUE, ensure=False)
        async with asyncio.timeout(LIMIT):
            while await queue.get(fail=False) is None:
                await asyncio.sleep(0.02)
        await channel.close()  # As a death does: the message goes back unsettled.
    parked = await get(broker, parking_of(PLAYLISTS_QUEUE))
    assert URL.encode() in parked.body


async def test_try_later_brings_the_message_back_and_never_early(broker: Broker, publisher: Publisher) -> None:
    times: list[float] = []
    twice = asyncio.Event()

    async def later(_: PlaylistSubmitted) -> None:
        times.append(time.monotonic())
        if len(times) < 3:
            raise TryLater(1, "not now")
        twice.set()

    consumer = await consuming(broker, publisher, later)
    await publisher.publish(PlaylistSubmitted(url=URL))
    await asyncio.wait_for(twice.wait(), LIMIT)
    await consumer.stop(LIMIT)
    # Twice through the tree: dead-letter headers left on it would have made the broker drop it as a cycle.
    assert times[1] - times[0] >= 0.99
    assert times[2] - times[1] >= 0.99


async def test_a_server_that_is_away_costs_the_message_nothing(
    broker: Broker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlement, "UNAVAILABLE_SECONDS", 0.01)
    calls = 0
    done = asyncio.Event()

    async def away(_: PlaylistSubmitted) -> None:
        nonlocal calls
        calls += 1
        if calls <= DEFECT_LIMIT + 2:
            raise Unavailable("the database is away")
        done.set()

    consumer = await consuming(broker, publisher, away)
    await publisher.publish(PlaylistSubmitted(url=URL))
    await asyncio.wait_for(done.wait(), LIMIT)
    await consumer.stop(LIMIT)
    assert await depth(broker, parking_of(PLAYLISTS_QUEUE)) == 0


async def test_stopping_drains_and_gives_back_what_is_not_done(broker: Broker, publisher: Publisher) -> None:
    started: list[str] = []
    both = asyncio.Event()
    release = asyncio.Event()

    async def slow(message: PlaylistSubmitted) -> None:
        started.append(message.url)
        if len(started) == 2:
            both.set()
        await (release.wait() if message.url.endswith("quick") else asyncio.Event().wait())

    consumer = await consuming(broker, publisher, slow)
    await publisher.publish(PlaylistSubmitted(url="https://a.b/quick"))
    await publisher.publish(PlaylistSubmitted(url="https://a.b/endless"))
    await asyncio.wait_for(both.wait(), LIMIT)
    release.set()
    await consumer.stop(0.5)
    back = await get(broker, PLAYLISTS_QUEUE)
    assert b"endless" in back.body
    assert back.redelivered
    assert await depth(broker, PLAYLISTS_QUEUE) == 0


async def test_a_paused_consumer_takes_nothing_until_it_is_resumed(broker: Broker, publisher: Publisher) -> None:
    taken: asyncio.Queue[str] = asyncio.Queue()

    async def take(message: PlaylistSubmitted) -> None:
        await taken.put(message.url)

    consumer = await consuming(broker, publisher, take)
    await consumer.pause()
    await publisher.publish(PlaylistSubmitted(url=URL))
    assert await depth(broker, PLAYLISTS_QUEUE) == 1
    assert await consumer.problem() is None
    await consumer.resume()
    assert await asyncio.wait_for(taken.get(), LIMIT) == URL
    await consumer.stop(LIMIT)
