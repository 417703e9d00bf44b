"""Connections to the broker: lost, cut, refused, and to a broker that is not there."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import pytest
from pydantic import SecretStr

from dev.faults.proxy import HEALTHY, Fault, FaultProxy
from dev.servers.rabbitmq import close_connections
from dev.stack import Stack
from shared.contracts import PlaylistSubmitted
from shared.errors import Misconfigured, Unavailable
from shared.messaging.connection import connect
from shared.messaging.consuming.settlement import Settlement
from shared.messaging.declare import declare
from shared.messaging.delivery import Delivery
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from shared.topology import PLAYLISTS_QUEUE
from tests.integration.messaging.queues import LIMIT, URL, Broker, consuming


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


async def test_a_consumer_whose_queue_was_deleted_gets_messages_as_before(
    broker: Broker, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client restores such a consumer by a way of its own."""
    taken: asyncio.Queue[type] = asyncio.Queue()
    settle = Settlement.settle

    async def seen(self: Settlement, amqp: Any, is_open: Any) -> str:
        taken.put_nowait(type(amqp))
        return await settle(self, amqp, is_open)

    async def take(_: PlaylistSubmitted) -> None:
        pass

    monkeypatch.setattr(Settlement, "settle", seen)
    consumer = await consuming(broker, publisher, take)
    async with asyncio.timeout(LIMIT):
        channel = await broker.channel()
        await channel.queue_delete(PLAYLISTS_QUEUE)
        while await consumer.lost() is None:
            await asyncio.sleep(0.05)
        while await consumer.lost() is not None:
            await asyncio.sleep(0.05)
        message = aio_pika.Message(json.dumps({"url": URL}).encode())
        await channel.default_exchange.publish(message, PLAYLISTS_QUEUE)
        assert await taken.get() is Delivery
    await consumer.stop(LIMIT)
    await declare(broker)
