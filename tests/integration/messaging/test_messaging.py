"""Messaging against a real broker: nothing published is lost in silence, nothing taken is left unsettled."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from aio_pika import Message as AmqpMessage
from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection
from aio_pika.exceptions import DeliveryError
from pydantic import SecretStr

from dev.faults.proxy import HEALTHY, Fault, FaultProxy
from dev.servers.rabbitmq import USER, close_connections
from dev.servers.rabbitmq_programs import server_version
from dev.stack import Stack
from shared import topology
from shared.contracts import AudioMirrored, Failure, PlaylistFailed, PlaylistSubmitted, VideoRequested
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import BrokerUnavailable, FailureClass, Misconfigured, TryLater, Unavailable
from shared.messaging import settlement
from shared.messaging.connection import connect
from shared.messaging.consumer import Consumer
from shared.messaging.declare import declare
from shared.messaging.parking import empty_parking_queues
from shared.messaging.publisher import Publisher
from shared.messaging.settlement import Handler
from shared.messaging.stream import StreamReader
from shared.settings import BrokerSettings
from shared.topology import EVENTS_STREAM, FAILURES_QUEUE, PLAYLISTS_QUEUE, VIDEOS_QUEUE, parking_of

Broker = AbstractRobustConnection
#: Seconds within which something must have happened; reached only when it did not.
LIMIT = 30
URL = "https://www.youtube.com/playlist?list=PLabcdefghij1234"


async def get(broker: Broker, queue: str) -> AbstractIncomingMessage:
    """Wait for a message in `queue` and take it."""
    channel = await broker.channel()
    declared = await channel.get_queue(queue, ensure=False)
    async with asyncio.timeout(LIMIT):
        while (message := await declared.get(fail=False)) is None:
            await asyncio.sleep(0.02)
    await message.ack()
    return message


async def depth(broker: Broker, queue: str) -> int:
    channel = await broker.channel()
    declared = await channel.declare_queue(queue, passive=True)
    await channel.close()
    return int(declared.declaration_result.message_count or 0)


async def send_raw(broker: Broker, body: bytes, key: str = "playlist.submitted.v1") -> None:
    channel = await broker.channel()
    exchange = await channel.get_exchange(topology.WORK_EXCHANGE, ensure=False)
    await exchange.publish(AmqpMessage(body), key)


async def consuming(broker: Broker, publisher: Publisher, handler: Handler, **more: Any) -> Consumer:
    consumer = Consumer(broker, publisher, PLAYLISTS_QUEUE, {PlaylistSubmitted: handler}, prefetch=10, **more)
    await consumer.start()
    return consumer


async def test_declaring_twice_and_at_once_changes_nothing(broker: Broker) -> None:
    await asyncio.gather(*(declare(broker) for _ in range(3)))


async def test_bindings_of_earlier_versions_are_taken_away(broker: Broker) -> None:
    """They would let whoever may submit playlists reach the queues of videos by CC."""
    channel = await broker.channel(publisher_confirms=True, on_return_raises=True)
    work = await channel.get_exchange(topology.WORK_EXCHANGE, ensure=False)
    for queue, former in topology.FORMER_BINDINGS.items():
        await (await channel.get_queue(queue, ensure=False)).bind(former.source, former.key)
        await work.publish(AmqpMessage(b""), former.key)
        await get(broker, queue)
    await declare(broker)
    for former in topology.FORMER_BINDINGS.values():
        with pytest.raises(DeliveryError):
            await work.publish(AmqpMessage(b""), former.key)


async def test_whoever_listens_where_playlists_are_submitted_hears_of_requests_too(
    broker: Broker, publisher: Publisher
) -> None:
    channel = await broker.channel()
    queue = await channel.declare_queue(exclusive=True)
    await queue.bind(topology.WORK_EXCHANGE, "video.requested.v1")
    await publisher.publish(VideoRequested(video_id="youtube:a", url="https://youtu.be/a"))
    assert (await queue.get(timeout=LIMIT)).user_id == USER
    assert (await get(broker, VIDEOS_QUEUE)).user_id == USER


async def test_a_queue_with_other_arguments_is_told_with_its_cure(broker: Broker) -> None:
    channel = await broker.channel()
    await channel.queue_delete(PLAYLISTS_QUEUE)
    await channel.declare_queue(PLAYLISTS_QUEUE, durable=True)
    try:
        with pytest.raises(Misconfigured, match="Another version created it"):
            await declare(broker)
    finally:
        await channel.queue_delete(PLAYLISTS_QUEUE)
        await declare(broker)


async def test_the_broker_is_the_one_that_was_chosen(broker: Broker) -> None:
    """`make compat` chooses RabbitMQ 4; a test that ran on this machine's would prove nothing about it."""
    if (chosen := server_version()) is None:
        pytest.skip("this machine's broker, whichever it is")
    assert broker.transport is not None
    properties = broker.transport.connection.server_properties
    assert properties["version"] == chosen


async def test_a_parked_message_is_there_however_often_it_was_delivered(broker: Broker, publisher: Publisher) -> None:
    """RabbitMQ 4 drops it after 20 deliveries where no limit is declared: the catalog may be away for longer."""
    parked = parking_of(PLAYLISTS_QUEUE)
    setup = await broker.channel()
    exchange = await setup.get_exchange(topology.PARKING_EXCHANGE, ensure=False)
    await exchange.publish(AmqpMessage(b"parked"), PLAYLISTS_QUEUE)
    for _ in range(topology.DELIVERY_LIMIT + 5):
        channel = await broker.channel()
        async with asyncio.timeout(LIMIT):
            while await (await channel.get_queue(parked, ensure=False)).get(fail=False) is None:
                await asyncio.sleep(0.01)
        # What was not settled goes back.
        await channel.close()
    assert (await get(broker, parked)).body == b"parked"


async def test_a_parking_queue_of_an_earlier_version_is_used_as_it_is(
    broker: Broker, integration_broker: BrokerSettings
) -> None:
    """A queue keeps its arguments for life: an archive must start with those it has."""
    name = parking_of(VIDEOS_QUEUE)
    channel = await broker.channel()
    await channel.queue_delete(name)
    arguments: Any = topology.FORMER_ARGUMENTS[name]
    await channel.declare_queue(name, durable=True, arguments=arguments)
    kept: asyncio.Queue[bytes] = asyncio.Queue()

    async def keep(_: str, body: bytes, *__: Any) -> None:
        await kept.put(body)

    try:
        await declare(broker)
        exchange = await channel.get_exchange(topology.PARKING_EXCHANGE, ensure=False)
        async with await connect(integration_broker, "tests", 10) as connection:
            await empty_parking_queues(connection, keep)
            await exchange.publish(AmqpMessage(b"parked"), VIDEOS_QUEUE)
            assert await asyncio.wait_for(kept.get(), LIMIT) == b"parked"
    finally:
        await channel.queue_delete(name)
        await declare(broker)


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


async def test_after_a_lost_connection_messages_arrive_again(
    servers: Stack, broker: Broker, publisher: Publisher
) -> None:
    taken: asyncio.Queue[str] = asyncio.Queue()

    async def take(message: PlaylistSubmitted) -> None:
        await taken.put(message.url)

    consumer = await consuming(broker, publisher, take)
    assert await consumer.problem() is None
    await asyncio.to_thread(close_connections, servers.state, "integration")
    async with asyncio.timeout(LIMIT):
        while await consumer.problem() is not None:
            await asyncio.sleep(0.05)
        while True:
            try:
                await publisher.publish(PlaylistSubmitted(url=URL))
            except Unavailable:
                await asyncio.sleep(0.1)
            else:
                break
        assert await taken.get() == URL
    await consumer.stop(LIMIT)


async def test_a_broker_that_is_away_ends_no_service_but_a_consumer_that_is_gone_does(
    integration_broker: BrokerSettings, broker: Broker
) -> None:
    async def take(_: PlaylistSubmitted) -> None:
        pass

    url = urlsplit(integration_broker.url.get_secret_value())
    assert url.port is not None
    with FaultProxy(url.port) as proxy:
        through = integration_broker.url.get_secret_value().replace(f":{url.port}", f":{proxy.port}")
        async with await connect(BrokerSettings(url=SecretStr(through)), "tests", 10) as away:
            consumer = await consuming(away, await Publisher.open(away, "tests", 10), take)
            assert (await consumer.problem(), await consumer.lost()) == (None, None)
            proxy.set(Fault(refused=True))
            proxy.cut()
            async with asyncio.timeout(LIMIT):
                while await consumer.problem() is None:
                    await asyncio.sleep(0.05)
                assert await consumer.lost() is None
                proxy.set(HEALTHY)
                while await consumer.problem() is not None:
                    await asyncio.sleep(0.05)
                # The broker cancels the consumers of a queue that is deleted.
                channel = await broker.channel()
                await channel.queue_delete(PLAYLISTS_QUEUE)
                while await consumer.lost() is None:
                    await asyncio.sleep(0.05)
    await declare(broker)


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


async def test_a_wrong_password_is_told_as_such(integration_broker: BrokerSettings) -> None:
    scheme, rest = integration_broker.url.get_secret_value().split("://")
    wrong = f"{scheme}://nobody:wrong@{rest.split('@')[1]}"
    with pytest.raises(Misconfigured, match="refused the user name or password of RABBITMQ_URL"):
        await connect(BrokerSettings(url=SecretStr(wrong)), "tests", 5)


async def test_a_virtual_host_that_is_not_there_is_told_as_such(integration_broker: BrokerSettings) -> None:
    wrong = integration_broker.url.get_secret_value().rsplit("/", 1)[0] + "/nowhere"
    with pytest.raises(Misconfigured, match="virtual host"):
        await connect(BrokerSettings(url=SecretStr(wrong)), "tests", 5)


async def test_a_broker_that_is_not_there_is_waited_for_and_then_named() -> None:
    settings = BrokerSettings(url=SecretStr("amqp://a:b@127.0.0.1:9/v"))
    with pytest.raises(Unavailable, match=r"RabbitMQ at 127\.0\.0\.1:9/v.*start RabbitMQ, or correct RABBITMQ_URL"):
        await connect(settings, "tests", 1)
