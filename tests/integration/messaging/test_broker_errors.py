"""What RabbitMQ does not do reaches callers as BrokerUnavailable, whatever its client raises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from aio_pika.abc import AbstractRobustConnection
from pydantic import SecretStr

from dev.faults.proxy import Fault, FaultProxy
from shared.contracts import PlaylistSubmitted
from shared.errors import BrokerUnavailable
from shared.messaging.channels import open_channel, open_queue
from shared.messaging.connection import close, connect
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.consuming.stream import StreamReader
from shared.messaging.declare import declare, missing
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from shared.topology import EVENTS_STREAM, PLAYLISTS_QUEUE

URL = "https://www.youtube.com/playlist?list=PLabcdefghij1234"


@dataclass(frozen=True)
class Joined:
    """A connection behind a proxy, and what works over it."""

    connection: AbstractRobustConnection
    publisher: Publisher
    consumer: Consumer


@pytest.fixture
def proxy(integration_broker: BrokerSettings) -> Iterator[FaultProxy]:
    with FaultProxy(urlsplit(integration_broker.url.get_secret_value()).port or 5672) as proxy:
        yield proxy


@pytest.fixture
async def joined(
    integration_broker: BrokerSettings,
    proxy: FaultProxy,
    broker: AbstractRobustConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Joined]:
    monkeypatch.setattr("shared.messaging.depth.ASK_SECONDS", 0.5)
    monkeypatch.setattr("shared.messaging.consuming.consumer.CHANGE_SECONDS", 0.5)
    url = integration_broker.url.get_secret_value()
    through = url.replace(f":{urlsplit(url).port}", f":{proxy.port}")
    connection = await connect(BrokerSettings(url=SecretStr(through)), "tests", 10)
    publisher = await Publisher.open(connection, "tests", 0.5)
    consumer = Consumer(connection, publisher, PLAYLISTS_QUEUE, {}, prefetch=1)
    await consumer.start()
    await consumer.pause()
    yield Joined(connection, publisher, consumer)
    await close(connection)


@pytest.mark.parametrize(
    "ask",
    [
        lambda joined: joined.publisher.publish(PlaylistSubmitted(url=URL)),
        lambda joined: joined.publisher.publish_many([PlaylistSubmitted(url=URL)] * 3),
        lambda joined: joined.publisher.park(b"{}", PLAYLISTS_QUEUE, "no reason"),
        lambda joined: joined.consumer.resume(),
        lambda joined: depth(joined.connection, PLAYLISTS_QUEUE),
    ],
)
async def test_a_broker_that_is_away(
    joined: Joined, proxy: FaultProxy, ask: Callable[[Joined], Awaitable[object]]
) -> None:
    proxy.set(Fault(refused=True))
    proxy.cut()
    with pytest.raises(BrokerUnavailable, match=r"^RabbitMQ "):
        await ask(joined)


@pytest.mark.parametrize(
    "ask",
    [
        declare,
        missing,
        open_channel,
        lambda connection: Publisher.open(connection, "tests", 1),
        lambda connection: StreamReader(connection, EVENTS_STREAM, "1h", declare=False).start(),
    ],
)
async def test_a_connection_that_is_closed(
    joined: Joined, ask: Callable[[AbstractRobustConnection], Awaitable[object]]
) -> None:
    await close(joined.connection)
    with pytest.raises(BrokerUnavailable, match=r"^RabbitMQ "):
        await ask(joined.connection)
    # Closed once more, it is closed.
    await close(joined.connection)


async def test_a_queue_that_is_not_there(broker: AbstractRobustConnection) -> None:
    with pytest.raises(BrokerUnavailable, match="RabbitMQ did not say how long nowhere is"):
        await depth(broker, "nowhere")
    channel = await open_channel(broker)
    await channel.queue_delete(PLAYLISTS_QUEUE)
    with pytest.raises(BrokerUnavailable, match=f"RabbitMQ did not open the queue {PLAYLISTS_QUEUE}"):
        await open_queue(broker, channel, PLAYLISTS_QUEUE, declare=False)
    await declare(broker)
