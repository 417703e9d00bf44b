"""Declaring the topology: again, over that of earlier versions, and with parking queues that lose nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aio_pika import Message as AmqpMessage
from aio_pika.exceptions import DeliveryError

from dev.servers.rabbitmq import USER
from dev.servers.rabbitmq_programs import server_version
from shared import topology
from shared.contracts import VideoRequested
from shared.errors import Misconfigured
from shared.messaging.connection import connect
from shared.messaging.consuming.parking import empty_parking_queues
from shared.messaging.declare import declare
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from shared.topology import PLAYLISTS_QUEUE, VIDEOS_QUEUE, parking_of
from tests.integration.messaging.queues import LIMIT, Broker, get


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
