"""What each user of the broker reaches, through every exchange, by the routing key and by CC and BCC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelAccessRefused, ChannelClosed

from shared.topology import EVENTS_EXCHANGE, EXCHANGES, REQUESTS_EXCHANGE, WORK_EXCHANGE
from shared.topology.permissions import EVERY_ROLE
from tests.hostile.broker.rights import CC_IS_CHECKED, HONEST, TRIED, VHOST, WHERE, by_key_alone, keys_to, kind_of, send
from tests.hostile.broker.virtual_host import signed_in, taken_from, user_of, version_of


@pytest.mark.parametrize("exchange", TRIED)
@pytest.mark.parametrize("role", EVERY_ROLE)
async def test_a_user_reaches_what_its_role_needs_and_no_more(
    urls: dict[str, str], role: str, exchange: str, inputs: Callable[[int], None]
) -> None:
    honest = HONEST.get((role, kind_of(exchange)))
    keys = keys_to(exchange, honest) if honest is not None else keys_to(exchange)
    wanted: set[tuple[str, str]] = set()
    tried = 0
    async with signed_in(urls[role]) as connection, signed_in(urls["admin"]) as admin:
        checked = await version_of(connection) >= CC_IS_CHECKED
        for number, (key, leads_to) in enumerate(keys.items()):
            taken = await send(connection, exchange, key, b"key %d" % number)
            wanted |= {(queue, f"key {number}") for queue in by_key_alone(role, exchange, key)}
            for header in ("CC", "BCC"):
                body = f"{header} {number}"
                await send(connection, exchange, honest or "nobody.listens", body.encode(), headers={header: [key]})
                arrives = set(by_key_alone(role, exchange, honest)) if honest in keys else set()
                if checked and not taken:
                    # A key in a header needs the same right as the key of the message, wherever it leads.
                    arrives = set()
                elif honest is not None:
                    # Before that version RabbitMQ lets it pass: what is bound is reached, and refused by its consumer.
                    arrives |= set(leads_to)
                wanted |= {(queue, body) for queue in arrives}
            tried += 3
        found = await taken_from(await admin.channel(), WHERE)
    inputs(tried)
    reached = [(queue, body.decode()) for queue, bodies in found.items() for body in bodies]
    assert set(reached) == wanted
    assert len(reached) == len(wanted), "a message arrived twice"


async def test_whoever_may_submit_reaches_the_queue_of_playlists_alone_whatever_the_headers_say(
    urls: dict[str, str], inputs: Callable[[int], None]
) -> None:
    """Not even by headers that lead everywhere from other exchanges."""
    everywhere = [key for exchange in EXCHANGES for key in keys_to(exchange.name)] + list(WHERE) + ["#", "*.*.*", ""]
    key = "playlist.submitted.v1"
    async with signed_in(urls["submitter"]) as connection, signed_in(urls["admin"]) as admin:
        checked = await version_of(connection) >= CC_IS_CHECKED
        for headers in ({"CC": everywhere}, {"BCC": everywhere}, {"CC": [key] * 17, "BCC": [key] * 17}):
            await send(connection, WORK_EXCHANGE, key, b"wide", headers=headers)
        found = await taken_from(await admin.channel())
    inputs(3)
    assert found == {"scraper.playlists": [b"wide"] * (1 if checked else 3)}


@pytest.mark.parametrize("key", ["video.requested.v1", "video.requested.v1.urgent", "audio.stored.v1", "#", "", "x"])
async def test_whoever_may_submit_is_refused_any_other_key(urls: dict[str, str], key: str) -> None:
    async with signed_in(urls["submitter"]) as connection:
        assert not await send(connection, WORK_EXCHANGE, key, b"")


@pytest.mark.parametrize("role", EVERY_ROLE)
async def test_nobody_signs_as_another(urls: dict[str, str], role: str, inputs: Callable[[int], None]) -> None:
    others = {
        "sync": [EVENTS_EXCHANGE, "audio.mirrored.v1"],
        "notify": [REQUESTS_EXCHANGE, "notification.due.v1"],
        "watch": [REQUESTS_EXCHANGE, "source.check_requested.v1"],
        "probe": [REQUESTS_EXCHANGE, "probe.requested.v1"],
    }
    [exchange, key] = others.get(role, [REQUESTS_EXCHANGE, ""])
    if role == "submitter":
        exchange, key = WORK_EXCHANGE, "playlist.submitted.v1"
    key = key or "video.requested.v1"
    names = [user_of(VHOST, other) for other in EVERY_ROLE if other != role] + ["fonoteca", "guest", "", role]
    async with signed_in(urls[role]) as connection, signed_in(urls["admin"]) as admin:
        for name in names:
            # An empty name is none to the client.
            assert await send(connection, exchange, key, b"forged", name) == (name == "")
        assert await send(connection, exchange, key, b"own", user_of(VHOST, role))
        found = await taken_from(await admin.channel(), WHERE)
    inputs(len(names))
    assert sum(map(len, found.values())) == 2


async def _declare_queue(channel: AbstractChannel) -> None:
    await channel.declare_queue("mine", durable=True)


async def _declare_own_queue(channel: AbstractChannel) -> None:
    await channel.declare_queue(exclusive=True)


async def _declare_dead_lettering(channel: AbstractChannel) -> None:
    arguments: Any = {"x-dead-letter-exchange": REQUESTS_EXCHANGE, "x-dead-letter-routing-key": "video.requested.v1"}
    await channel.declare_queue("mine", exclusive=True, arguments=arguments)


async def _declare_alternate(channel: AbstractChannel) -> None:
    await channel.declare_exchange("mine", arguments={"alternate-exchange": REQUESTS_EXCHANGE})


async def _redeclare_with_alternate(channel: AbstractChannel) -> None:
    arguments: Any = {"alternate-exchange": REQUESTS_EXCHANGE}
    await channel.declare_exchange(WORK_EXCHANGE, "topic", durable=True, arguments=arguments)


async def _bind_queue(channel: AbstractChannel) -> None:
    await (await channel.get_queue("scraper.videos", ensure=False)).bind(WORK_EXCHANGE, "playlist.submitted.v1")


async def _bind_exchange(channel: AbstractChannel) -> None:
    await (await channel.get_exchange(REQUESTS_EXCHANGE, ensure=False)).bind(WORK_EXCHANGE, "#")


async def _unbind_queue(channel: AbstractChannel) -> None:
    await (await channel.get_queue("scraper.playlists", ensure=False)).unbind(WORK_EXCHANGE, "playlist.submitted.v1")


async def _delete_exchange(channel: AbstractChannel) -> None:
    await channel.exchange_delete(WORK_EXCHANGE)


async def _delete_queue(channel: AbstractChannel) -> None:
    await channel.queue_delete("scraper.playlists")


async def _purge(channel: AbstractChannel) -> None:
    await (await channel.get_queue("parking.scraper.videos", ensure=False)).purge()


async def _read_events(channel: AbstractChannel) -> None:
    await channel.set_qos(prefetch_count=1)
    await (await channel.get_queue("api.events", ensure=False)).consume(lambda message: message.ack())


async def _answer_directly(channel: AbstractChannel) -> None:
    message = aio_pika.Message(b"", reply_to="scraper.videos")
    await channel.default_exchange.publish(message, "amq.rabbitmq.reply-to.scraper.videos", mandatory=False)


@pytest.mark.parametrize(
    "act",
    [
        *(_declare_queue, _declare_own_queue, _declare_dead_lettering, _declare_alternate, _redeclare_with_alternate),
        *(_bind_queue, _bind_exchange, _unbind_queue, _delete_exchange, _delete_queue, _purge, _answer_directly),
    ],
)
@pytest.mark.parametrize("role", ["submitter", "sync", "audit"])
async def test_no_way_around_the_rights(urls: dict[str, str], role: str, act: Callable[[AbstractChannel], Any]) -> None:
    async with signed_in(urls[role]) as connection:
        with pytest.raises(ChannelClosed):
            await act(await connection.channel())


@pytest.mark.parametrize("role", [role for role in EVERY_ROLE if role != "api"])
async def test_the_stream_of_events_is_not_read_by_others(urls: dict[str, str], role: str) -> None:
    async with signed_in(urls[role]) as connection:
        with pytest.raises(ChannelAccessRefused):
            await _read_events(await connection.channel())
