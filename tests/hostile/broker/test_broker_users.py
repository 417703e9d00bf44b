"""What each user of the broker reaches, through every exchange, by the routing key and by CC and BCC."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq import spec
from aiormq.exceptions import ChannelAccessRefused, ChannelClosed, ChannelPreconditionFailed
from pydantic import SecretStr

from dev.servers.rabbitmq import delete_vhost
from dev.stack import Stack
from services.retry.keeper import Keeper
from shared.catalog.connection import Catalog
from shared.catalog.playlists.lifecycle import accept_playlist
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.contracts import MESSAGES, VideoRequested, wrap
from shared.messaging.connection import connect
from shared.messaging.consumer import Consumer, ConsumerOptions
from shared.messaging.parking import empty_parking_queues
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Sender, Senders, current_sender
from shared.runtime.defect_book import DefectBook
from shared.settings import BrokerSettings
from shared.topology import (
    DELAY_DELIVER_EXCHANGE,
    DELAY_TOP_LEVEL,
    EVENTS_EXCHANGE,
    EXCHANGES,
    PARKING_EXCHANGE,
    PARKING_QUEUES,
    REQUESTS_EXCHANGE,
    ROUTES,
    WORK_EXCHANGE,
    WORK_QUEUES,
    parking_of,
)
from shared.topology.permissions import EVERY_ROLE, ROLES
from tests.hostile.broker.virtual_host import (
    LIMIT,
    apply_topology,
    publish_raw,
    signed_in,
    taken_from,
    user_of,
    version_of,
    wait_for_messages,
)
from tests.hostile.conftest import FULL

VHOST = "hostile-users"
#: From this version on RabbitMQ checks the keys in CC and BCC too.
CC_IS_CHECKED = (4, 0, 3)
WHERE = tuple(queue.name for queue in (*WORK_QUEUES, *PARKING_QUEUES))
PREDEFINED = ("", "amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match", "amq.rabbitmq.trace")
DELAYS = tuple(exchange.name for exchange in EXCHANGES if exchange.name.startswith("delay."))
#: All levels of the delay tree are alike, so the short form tries its ends and its middle.
TRIED = [
    *PREDEFINED,
    *(e.name for e in EXCHANGES if FULL or e.name not in DELAYS or e.name in ("delay.l00", "delay.l09", "delay.l16")),
]
#: Every bit is 0: such a key leaves the delay tree at once, wherever it entered.
NO_DELAY = "0." * (DELAY_TOP_LEVEL + 1)
_SCRAPERS = ("scraper.playlists", "scraper.videos", "scraper.urgent")
_REQUESTS = ("scraper.videos", "scraper.urgent")
#: Written by hand on purpose: role → kind of exchange → queues that it may reach. What is not here is refused.
ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "scraper": {
        "work": ("scraper.playlists",),
        "requests": _REQUESTS,
        "events": ("retry.failures", "sync.stored"),
        "parking": tuple(f"parking.{name}" for name in _SCRAPERS),
        "delay": _SCRAPERS,
    },
    "retry": {
        "work": ("scraper.playlists",),
        "requests": _REQUESTS,
        "events": ("retry.failures", "sync.stored"),
        "parking": ("parking.retry.failures",),
        "delay": (*_SCRAPERS, "retry.failures"),
    },
    "sync": {"events": (), "parking": ("parking.sync.stored",), "delay": ("sync.stored",)},
    "api": {
        "work": ("scraper.playlists",),
        "requests": _REQUESTS,
        "events": (),
        "delay": (*_SCRAPERS, "retry.failures", "sync.stored"),
    },
    "audit": {"requests": _REQUESTS, "events": ("sync.stored",)},
    "submitter": {"work": ("scraper.playlists",)},
}
#: A key with which each role may send to each kind of exchange.
HONEST = {
    ("submitter", "work"): "playlist.submitted.v1",
    ("scraper", "work"): "playlist.submitted.v1",
    ("retry", "work"): "playlist.submitted.v1",
    ("api", "work"): "playlist.submitted.v1",
    **{(role, "requests"): "video.requested.v1" for role in ("scraper", "retry", "api", "audit")},
    ("scraper", "events"): "video.failed.v1",
    ("retry", "events"): "video.abandoned.v1",
    ("sync", "events"): "audio.mirrored.v1",
    ("api", "events"): "video.abandoned.v1",
    ("audit", "events"): "audio.stored.v1",
    ("scraper", "parking"): "scraper.videos",
    ("retry", "parking"): "retry.failures",
    ("sync", "parking"): "sync.stored",
    ("scraper", "delay"): NO_DELAY + "scraper.videos",
    ("retry", "delay"): NO_DELAY + "retry.failures",
    ("sync", "delay"): NO_DELAY + "sync.stored",
    ("api", "delay"): NO_DELAY + "scraper.videos",
}


@pytest.fixture(scope="module")
def urls(servers: Stack) -> Iterator[dict[str, str]]:
    yield apply_topology(servers, VHOST)
    delete_vhost(servers.state, VHOST)


def kind_of(exchange: str) -> str:
    kinds = {WORK_EXCHANGE: "work", REQUESTS_EXCHANGE: "requests", EVENTS_EXCHANGE: "events"}
    if exchange in kinds:
        return kinds[exchange]
    if exchange == PARKING_EXCHANGE:
        return "parking"
    return "delay" if exchange.startswith("delay.") and exchange != DELAY_DELIVER_EXCHANGE else "other"


def keys_to(exchange: str) -> dict[str, tuple[str, ...]]:
    """Routing key → the queues where it leads from this exchange, if nobody refuses it."""
    if exchange in PREDEFINED:
        return {name: (name,) if exchange == "" else () for name in WHERE}
    if exchange == PARKING_EXCHANGE:
        return {queue.name: (parking_of(queue.name),) for queue in WORK_QUEUES}
    if exchange in DELAYS:
        return {NO_DELAY + queue.name: (queue.name,) for queue in WORK_QUEUES}
    found: dict[str, tuple[str, ...]] = {}
    for key in (*ROUTES, "video.requested.v1.urgent"):
        bound = [q.name for q in WORK_QUEUES for b in q.bindings if (b.source, b.key) == (exchange, key)]
        if (exchange, key) == (REQUESTS_EXCHANGE, "playlist.submitted.v1"):
            # Beside the key of a request only: requests go on to the exchange of submissions, with their CC and BCC.
            bound = ["scraper.playlists"]
        found[key] = tuple(bound)
    return found


def by_key_alone(role: str, exchange: str, key: str) -> tuple[str, ...]:
    """Where a message with this key may arrive, by the table above."""
    allowed = ALLOWED[role].get(kind_of(exchange), ())
    type_ = key.removesuffix(".urgent")
    if kind_of(exchange) in ("work", "requests", "events") and role not in ROUTES[type_].senders:
        # Two types lead to one queue; a role may send one of them.
        allowed = allowed if ROUTES[type_].open and role == "submitter" else ()
    return tuple(queue for queue in keys_to(exchange)[key] if queue in allowed)


async def send(
    connection: AbstractConnection,
    exchange: str,
    key: str,
    body: bytes,
    user: str | None = None,
    headers: dict[str, Any] | None = None,
) -> bool:
    """Publish; whether the broker took it. On a channel of its own: a refusal closes it."""
    channel = await connection.channel()
    # `get_exchange` knows no default exchange.
    target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    message = aio_pika.Message(body, headers=headers, user_id=user)
    try:
        await target.publish(message, key, mandatory=False, timeout=LIMIT)
    except (ChannelAccessRefused, ChannelPreconditionFailed):
        return False
    await channel.close()
    return True


@pytest.mark.parametrize("exchange", TRIED)
@pytest.mark.parametrize("role", EVERY_ROLE)
async def test_a_user_reaches_what_its_role_needs_and_no_more(
    urls: dict[str, str], role: str, exchange: str, inputs: Callable[[int], None]
) -> None:
    keys, honest = keys_to(exchange), HONEST.get((role, kind_of(exchange)))
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
    [exchange, key] = {"sync": [EVENTS_EXCHANGE, "audio.mirrored.v1"]}.get(role, [REQUESTS_EXCHANGE, ""])
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
    assert sum(map(len, found.values())) == (0 if role == "sync" else 2)


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


def golden(type_: str) -> bytes:
    return Path(f"tests/contract/golden/{type_}.json").read_bytes()


def taken_by(queue: str) -> list[str]:
    """Types of messages that lead to a queue."""
    [found] = [q for q in WORK_QUEUES if q.name == queue]
    return [t for t in ROUTES if any(b.key == t or b.key.startswith(f"{t}.") for b in found.bindings)]


class Attempt(NamedTuple):
    """A message sent past the routing key, and whether the consumer is to hand it to its handler."""

    role: str
    exchange: str
    honest: str
    header: str
    key: str
    type: str
    #: Whether it is signed; RabbitMQ makes sure that nobody signs as another.
    signed: bool

    @property
    def user(self) -> str | None:
        return user_of(VHOST, self.role) if self.signed else None

    @property
    def handled(self) -> bool:
        # What people have the API put back is taken, whoever sent it at first.
        known = self.signed and (self.role in ROUTES[self.type].senders or self.role == "api")
        return ROUTES[self.type].open or known


def attempts(queue: str) -> Iterator[Attempt]:
    """Every way by which a role's user gets a message into a queue, that its routing key alone does not open."""
    for role, exchange in itertools.product(ROLES, ("delay.l00", EVENTS_EXCHANGE, REQUESTS_EXCHANGE)):
        honest = HONEST.get((role, kind_of(exchange)))
        ways = [key for key, queues in keys_to(exchange).items() if queue in queues]
        if honest is None or not ways or queue in keys_to(exchange).get(honest, ()):
            continue
        for type_, (header, signed) in itertools.product(taken_by(queue), (("CC", True), ("BCC", False))):
            yield Attempt(role, exchange, honest, header, ways[0], type_, signed)


@pytest.mark.parametrize("queue", [queue.name for queue in WORK_QUEUES])
async def test_a_consumer_takes_from_each_user_what_its_role_may_send(
    urls: dict[str, str], queue: str, inputs: Callable[[int], None]
) -> None:
    """The second wall: what RabbitMQ lets pass by CC and BCC is parked, with a reason that names its sender."""
    [owner] = [role for role, each in ROLES.items() if queue in each.takes_from]
    users = ",".join(f"{role}={user_of(VHOST, role)}" for role in ROLES)
    settings = BrokerSettings(url=SecretStr(urls[owner]), users=users)
    handled: list[tuple[str, Sender]] = []

    async def take(message: Any) -> None:
        handled.append((message.type, current_sender()))

    async with await connect(settings, owner, 10) as broker, signed_in(urls["admin"]) as admin:
        channel = await admin.channel()
        await taken_from(channel)
        publisher = await Publisher.open(broker, owner, 10)
        handlers = {MESSAGES[type_]: take for type_ in taken_by(queue)}
        known = Senders.of(settings, owner)
        consumer = Consumer(broker, publisher, queue, handlers, prefetch=50, options=ConsumerOptions(False, known))
        await consumer.start()
        arrived = []
        for attempt in attempts(queue):
            async with signed_in(urls[attempt.role]) as connection:
                told = {attempt.header: [attempt.key]}
                if await send(
                    connection, attempt.exchange, attempt.honest, golden(attempt.type), attempt.user, headers=told
                ):
                    arrived.append(attempt)
        wanted = [(a.type, Sender(a.user, service=a.signed, outsider=not a.signed)) for a in arrived if a.handled]
        parked = await wait_for_messages(channel, parking_of(queue), len(arrived) - len(wanted))
        async with asyncio.timeout(LIMIT):
            while len(handled) < len(wanted):
                await asyncio.sleep(0.02)
        await consumer.stop(LIMIT)
        left = {name for name in await taken_from(channel) if name in (queue, parking_of(queue))}
    inputs(len(arrived))
    assert all("may not send" in str(message.headers["x-parked-reason"]) for message in parked)
    assert sorted(handled, key=str) == sorted(wanted, key=str)
    assert left == set()


VIDEO, PLAYLIST = "youtube:forgedvideo", "youtube:PLforged0000001"
VIDEO_URL, PLAYLIST_URL = "https://youtu.be/forgedvideo", "https://www.youtube.com/playlist?list=PLforged0000001"


async def test_no_stranger_has_a_video_or_a_playlist_given_up(
    urls: dict[str, str], catalog: Catalog, inputs: Callable[[int], None]
) -> None:
    """What a parked message is about may be given up for it; so only for one of those who may send it."""
    await accept_playlist(catalog, PLAYLIST, PLAYLIST_URL)
    await accept_videos(catalog, PLAYLIST, ("mp3-320",), [Entry(VIDEO, VIDEO_URL, "x")], await catalog.now())
    await mark_requested(catalog, [VIDEO], await catalog.now())
    request = wrap(VideoRequested(video_id=VIDEO, url=VIDEO_URL), "sync", datetime.now(UTC))
    users = ",".join(f"{role}={user_of(VHOST, role)}" for role in ROLES)

    def of(role: str) -> BrokerSettings:
        return BrokerSettings(url=SecretStr(urls[role]), users=users)

    async def never(_: object) -> None:
        raise AssertionError("a handler was called")

    async with (
        await connect(of("scraper"), "scraper", 10) as scraper,
        await connect(of("retry"), "retry", 10) as retry,
        signed_in(urls["sync"]) as sync,
        signed_in(urls["submitter"]) as outside,
    ):
        checked = await version_of(sync) >= CC_IS_CHECKED
        known = Senders.of(of("scraper"), "scraper")
        publisher = await Publisher.open(scraper, "scraper", 10)
        options = ConsumerOptions(False, known)
        consumer = Consumer(scraper, publisher, "scraper.videos", {VideoRequested: never}, prefetch=9, options=options)
        await consumer.start()
        lies: dict[str, Any] = {
            "x-parked-reason": "x",
            "x-death": [{"queue": "scraper.videos", "reason": "delivery_limit"}],
        }
        for user in (user_of(VHOST, "sync"), None):
            headers = {"CC": [NO_DELAY + "scraper.videos"], **lies}
            await send(sync, "delay.l00", NO_DELAY + "sync.stored", request, user, headers)
            await send(sync, PARKING_EXCHANGE, "sync.stored", request, user, {"CC": ["scraper.videos"], **lies})
        body = b'{"url": "%s"}' % PLAYLIST_URL.encode()
        channel = await outside.channel()
        await publish_raw(
            channel, body, "playlist.submitted.v1", WORK_EXCHANGE, spec.Basic.Properties(expiration="0", headers=lies)
        )
        keeper = Keeper(catalog, DefectBook(catalog, None))
        kept: list[str] = []

        async def keep(queue: str, *about: Any) -> None:
            await keeper.keep(queue, *about)
            kept.append(queue)

        await empty_parking_queues(retry, keep, declare=False, senders=Senders.of(of("retry"), "retry"))
        wanted = ["scraper.playlists"] if checked else ["scraper.playlists", *["scraper.videos"] * 4]
        async with asyncio.timeout(LIMIT):
            while not Counter(wanted) <= Counter(kept):
                await asyncio.sleep(0.05)
        await consumer.stop(LIMIT)
    inputs(5)
    video, playlist = await catalog.videos.find_one({"_id": VIDEO}), await catalog.playlists.find_one({"_id": PLAYLIST})
    assert video is not None
    assert playlist is not None
    assert (video["state"], "defects" in video) == ("queued", False)
    assert (playlist["state"], "defects" in playlist) == ("accepted", False)
