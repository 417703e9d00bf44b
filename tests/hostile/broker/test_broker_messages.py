"""What anybody may write into a message: it ends handled or parked, once, and the consumer takes the next one."""

from __future__ import annotations

import asyncio
import gzip
import json
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractRobustConnection
from aiormq import spec
from aiormq.exceptions import AMQPError
from pydantic import SecretStr

from dev.servers.rabbitmq import USER, add_vhost, delete_vhost
from dev.stack import Stack
from services.api.live.live_event import read_message
from services.retry.keeper import Keeper
from shared.catalog.connection import Catalog
from shared.catalog.operations.parked import parked_page
from shared.contracts import PlaylistSubmitted
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import TryLater
from shared.messaging import settlement
from shared.messaging.connection import connect
from shared.messaging.consumer import Consumer
from shared.messaging.declare import declare
from shared.messaging.parking import empty_parking_queues, why_and_when
from shared.messaging.publisher import DEFECTS_HEADER, PARKED_BYTES, Publisher
from shared.messaging.sender import SENDER_HEADER, Sender, current_sender
from shared.messaging.stream import StreamMessage
from shared.runtime.defect_book import DefectBook
from shared.settings import BrokerSettings
from shared.topology import PLAYLISTS_QUEUE, WORK_EXCHANGE, parking_of
from tests.hostile.broker.virtual_host import (
    LIMIT,
    Raw,
    publish_raw,
    signed_in,
    taken_from,
    version_of,
    wait_for_messages,
    waiting_in,
)

KEY = "playlist.submitted.v1"
PARKED = parking_of(PLAYLISTS_QUEUE)
URL = "https://www.youtube.com/playlist?list=PLhostile0000001"
GOOD = json.dumps({"url": URL}).encode()
VHOST = "hostile-messages"


@pytest.fixture(scope="module")
def settings(servers: Stack) -> Iterator[BrokerSettings]:
    yield BrokerSettings(url=SecretStr(add_vhost(servers.state, servers.exports["RABBITMQ_URL"], VHOST)))
    delete_vhost(servers.state, VHOST)


@pytest.fixture
async def broker(settings: BrokerSettings) -> AsyncIterator[AbstractRobustConnection]:
    """A connection with the topology declared and every queue empty."""
    async with await connect(settings, "tests", 10) as connection:
        await declare(connection)
        await taken_from(await connection.channel())
        yield connection


@pytest.fixture
async def publisher(broker: AbstractRobustConnection) -> Publisher:
    return await Publisher.open(broker, "tests", 10)


def written(name: bytes, kind: bytes, value: bytes) -> Raw:
    """Properties with one header, octet by octet."""
    table = bytes([len(name)]) + name + kind + value
    return Raw(struct.pack(">H", 1 << 13) + struct.pack(">I", len(table)) + table)


def nested(depth: int, kind: bytes = b"A") -> Raw:
    value = b""
    for _ in range(depth):
        inner = (b"\x01k" if kind == b"F" else b"") + kind + value if value else b""
        value = struct.pack(">I", len(inner)) + inner
    return written(b"deep", kind, value)


def short(bit: int, text: bytes) -> Raw:
    """Properties with one short text: content type 15, encoding 14, correlation id 10, reply to 9, expiration 8, …"""
    return Raw(struct.pack(">H", 1 << bit) + bytes([len(text)]) + text)


def octet(bit: int, value: int) -> Raw:
    """Properties with one octet: delivery mode 12, priority 11."""
    return Raw(struct.pack(">HB", 1 << bit, value))


def moment(seconds: int) -> Raw:
    return Raw(struct.pack(">HQ", 1 << 6, seconds))


PROPERTIES: dict[str, Any] = {
    # What pamqp cannot read: each of these ended the connection, again and again.
    "a moment in the year 300000": moment(2**53),
    "the last moment": moment(2**64 - 1),
    "a moment of 63 bits": moment(2**63 - 1),
    "a name that is no UTF-8": written(b"\xff\xfe", b"V", b""),
    "a content type that is no UTF-8": short(15, b"\xff"),
    "an encoding that is no UTF-8": short(14, b"gz\xe9"),
    "a message id that is no UTF-8": short(7, b"\xc3\x28"),
    "a type that is no UTF-8": short(5, b"\xed\xa0\x80"),
    "an application that is no UTF-8": short(3, b"\xf0\x28\x8c\xbc"),
    "a correlation id that is no UTF-8": short(10, b"\xff" * 255),
    "arrays in arrays": nested(5_000),
    "tables in tables": nested(5_000, b"F"),
    "arrays in arrays, not so deep": nested(300),
    "a header of a moment too late": written(b"t", b"T", struct.pack(">Q", 2**64 - 1)),
    "a header of a moment before all": written(b"t", b"T", struct.pack(">q", -(2**63))),
    # What it reads.
    "priority 255": octet(11, 255),
    "a decimal with 255 places": written(b"d", b"D", struct.pack(">BI", 255, 2**32 - 1)),
    "a text that is no UTF-8": written(b"s", b"S", struct.pack(">I", 3) + b"\xff\xfe\xfd"),
    "octets": written(b"x", b"x", struct.pack(">I", 3) + b"\0\1\2"),
    "no name": written(b"", b"V", b""),
    "a header of 100 kB": written(b"s", b"S", struct.pack(">I", 100_000) + b"x" * 100_000),
    "non-persistent": spec.Basic.Properties(delivery_mode=1),
    "an answer wanted": spec.Basic.Properties(reply_to="scraper.videos", correlation_id="x"),
    "a long id": spec.Basic.Properties(message_id="x" * 255),
    "a content type of another": spec.Basic.Properties(content_type="text/html", content_encoding="gzip"),
    "half a name": spec.Basic.Properties(headers={"x-death": None, "x-parked-at": None}),
}
#: What RabbitMQ 3.10 itself takes from nobody.
#: Neither persistent nor not: RabbitMQ 3 refuses it, RabbitMQ 4 takes it for not persistent.
MODES: dict[str, Any] = {f"delivery mode {mode}": octet(12, mode) for mode in (0, 3, 255)}
REFUSED: dict[str, Any] = {
    "no number": written(b"f", b"d", struct.pack(">d", float("nan"))),
    "an unknown kind": written(b"k", b"?", b""),
    "a table that is too short": written(b"k", b"F", struct.pack(">I", 1_000)),
    "CC of another kind": written(b"CC", b"S", struct.pack(">I", 1) + b"x"),
    "an expiration that is none": short(8, b"soon"),
    "an expiration before now": short(8, b"-1"),
    "an expiration of endless digits": short(8, b"9" * 200),
    "another's name": spec.Basic.Properties(user_id="scraper"),
}
HEADERS: dict[str, Any] = {
    "a death of the work queue": {"x-death": [{"queue": PLAYLISTS_QUEUE, "reason": "expired", "count": 1}]},
    "a death of the parking queue": {"x-death": [{"queue": PARKED, "reason": "expired"}]},
    "deaths that are none": {"x-death": ["x", 1, None]},
    "deaths that are no list": {"x-death": "x", "x-first-death-queue": 5, "x-last-death-reason": []},
    "deliveries": {"x-delivery-count": 10**9, "x-acquired-count": -1},
    "parked before": {"x-parked-reason": "lies", "x-parked-at": "garbage", "x-parked-size": -1},
    "a place in a stream": {"x-stream-offset": 2**62},
    "another's name": {SENDER_HEADER: "api"},
    "defects": {DEFECTS_HEADER: 10**18},
    "no defects": {DEFECTS_HEADER: None},
    "defects of a kind": {DEFECTS_HEADER: {"a": [1]}},
    "many": {f"h{number}": number for number in range(5_000)},
}
ENVELOPE = {"specversion": "1.0", "type": KEY, "data": {"url": URL}}
TAKEN_BODIES: dict[str, bytes] = {
    "a time long ago": json.dumps({**ENVELOPE, "time": "0001-01-01T00:00:00+14:00"}).encode(),
    "a time that never comes": json.dumps({**ENVELOPE, "time": "9999-12-31T23:59:59-12:00"}).encode(),
    "a time that is none": json.dumps({**ENVELOPE, "time": {"a": 1}}).encode(),
    "a time of endless digits": json.dumps({**ENVELOPE, "time": "9" * 4000}).encode(),
    "an id that is none": json.dumps({**ENVELOPE, "id": [1, {"a": None}]}).encode(),
    "the same name twice": b'{"url": "x", "url": "' + URL.encode() + b'"}',
    "UTF-16": json.dumps({"url": URL}).encode("utf-16"),
}
PARKED_BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a NUL": b"\0",
    "no UTF-8": b"\xff\xfe\xfd",
    "a hundred thousand brackets": b"[" * 100_000,
    "brackets up to the limit": b'{"url": ' + b"[" * 950 + b"]" * 950 + b"}",
    "a deep type": json.dumps({**ENVELOPE, "type": None}).replace("null", "[" * 900 + "]" * 900).encode(),
    "a deep id": json.dumps({**ENVELOPE, "id": None, "type": 1}).replace("null", "[" * 900 + "]" * 900).encode(),
    "NaN": b"NaN",
    "a NaN inside": b'{"url": NaN}',
    "endless digits": b'{"url": ' + b"9" * 100_000 + b"}",
    "gzip": gzip.compress(GOOD),
    "half a character": b'{"url": "\xed\xa0\x80"}',
    "half a character as a type": b'{"specversion": "1.0", "type": "\\ud800"}',
    "a message of services": json.dumps({**ENVELOPE, "type": "video.requested.v1"}).encode(),
    "4 MB": b" " * 4_000_000,
}


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


@pytest.mark.parametrize("properties", PROPERTIES.values(), ids=list(PROPERTIES))
async def test_properties_of_any_kind(broker: AbstractRobustConnection, publisher: Publisher, properties: Any) -> None:
    handled, parked = await settled(broker, publisher, GOOD, properties)
    assert (handled, parked) == ([Sender(None, service=False)], [])


@pytest.mark.parametrize("properties", REFUSED.values(), ids=list(REFUSED))
async def test_what_the_broker_refuses_reaches_nobody(broker: AbstractRobustConnection, properties: Any) -> None:
    async with await aio_pika.connect(str(broker.url)) as outside:  # type: ignore[attr-defined]
        with pytest.raises((AMQPError, ConnectionError)):
            await publish_raw(await outside.channel(), GOOD, KEY, WORK_EXCHANGE, properties)
    assert await waiting_in(await broker.channel()) == {}


@pytest.mark.parametrize("properties", MODES.values(), ids=list(MODES))
async def test_a_delivery_mode_that_is_none(
    broker: AbstractRobustConnection, publisher: Publisher, properties: Any
) -> None:
    async with signed_in(str(broker.url)) as outside:  # type: ignore[attr-defined]
        if await version_of(outside) < (4,):
            with pytest.raises((AMQPError, ConnectionError)):
                await publish_raw(await outside.channel(), GOOD, KEY, WORK_EXCHANGE, properties)
            return
    handled, parked = await settled(broker, publisher, GOOD, properties)
    assert (handled, parked) == ([Sender(None, service=False)], [])


@pytest.mark.parametrize("headers", HEADERS.values(), ids=list(HEADERS))
async def test_headers_of_any_kind(broker: AbstractRobustConnection, publisher: Publisher, headers: Any) -> None:
    handled, parked = await settled(broker, publisher, GOOD, spec.Basic.Properties(headers=headers))
    assert (handled, parked) == ([Sender(None, service=False)], [])


@pytest.mark.parametrize("body", TAKEN_BODIES.values(), ids=list(TAKEN_BODIES))
async def test_bodies_that_are_odd_and_right(
    broker: AbstractRobustConnection, publisher: Publisher, body: bytes
) -> None:
    handled, parked = await settled(broker, publisher, body, None)
    assert (len(handled), parked) == (1, [])


@pytest.mark.parametrize("body", PARKED_BODIES.values(), ids=list(PARKED_BODIES))
async def test_bodies_that_nobody_can_read(broker: AbstractRobustConnection, publisher: Publisher, body: bytes) -> None:
    headers: Any = {"CC": [PARKED], "x-parked-reason": "lies", "x-death": []}
    handled, [parked] = await settled(broker, publisher, body, spec.Basic.Properties(headers=headers))
    assert handled == []
    assert parked.body == body[:PARKED_BYTES]
    assert set(parked.headers) - {"x-delivery-count"} == {
        *("x-parked-reason", "x-parked-at", "x-parked-size", SENDER_HEADER)
    }
    assert parked.headers["x-parked-size"] == len(body)
    assert why_and_when(dict(parked.headers))[0] != "lies"


@pytest.mark.parametrize("body", PARKED_BODIES.values(), ids=list(PARKED_BODIES))
def test_the_stream_of_events_goes_on_after_what_nobody_can_read(body: bytes) -> None:
    assert read_message(StreamMessage(1, body)).fact is None


#: What multiplied one message to thousands, and its siblings.
MULTIPLIERS: list[dict[str, Any]] = [
    {"x-fonoteca-defects": -1000, "CC": ["scraper.playlists"] * 17},
    {"x-fonoteca-defects": -1000, "BCC": ["scraper.playlists"] * 17},
    {"x-fonoteca-defects": -(2**63), "CC": [KEY] * 200},
    {"x-fonoteca-defects": -1.5, "CC": [".".join("1" * 17) + ".scraper.playlists"] * 17},
    {
        "x-fonoteca-defects": False,
        "BCC": ["0." * 17 + queue for queue in ("scraper.playlists", "sync.stored")],
    },
    {"x-fonoteca-defects": "-1000", "CC": ["scraper.videos", "sync.stored", "retry.failures"]},
    {"X-Fonoteca-Defects": -1000, "cc": ["scraper.playlists"], "CC": [], "BCC": []},
    {"x-fonoteca-defects": DEFECT_LIMIT - 1},
    {"x-fonoteca-defects": [-1000], "CC": ["#", "*", ""], "x-death": [{"queue": "delay.l01", "reason": "expired"}]},
]


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed as the services are"])
async def test_one_message_stays_one(
    broker: AbstractRobustConnection,
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    inputs: Callable[[int], None],
    signed: bool,
) -> None:
    """The handler fails over each of them, so each comes again until it is parked."""
    monkeypatch.setattr(settlement, "DEFECT_SECONDS", 0.01)
    calls: dict[str, int] = {}
    # Who signs as the services do is believed, as far as a count can be.
    wanted = {
        f"{URL}{number}": 1 if signed and headers.get(DEFECTS_HEADER) == DEFECT_LIMIT - 1 else DEFECT_LIMIT
        for number, headers in enumerate(MULTIPLIERS)
    }

    async def fail(message: PlaylistSubmitted) -> None:
        calls[message.url] = calls.get(message.url, 0) + 1
        raise ZeroDivisionError("\ud800 a defect")

    consumer = Consumer(broker, publisher, PLAYLISTS_QUEUE, {PlaylistSubmitted: fail}, prefetch=50)
    await consumer.start()
    channel = await broker.channel()
    user = USER if signed else None
    for number, headers in enumerate(MULTIPLIERS):
        body = json.dumps({"url": f"{URL}{number}"}).encode()
        await publish_raw(channel, body, KEY, WORK_EXCHANGE, spec.Basic.Properties(headers=headers, user_id=user))
    parked = await wait_for_messages(channel, PARKED, len(MULTIPLIERS))
    await consumer.stop(LIMIT)
    inputs(len(MULTIPLIERS))
    assert await waiting_in(channel) == {}
    assert len({message.body for message in parked}) == len(MULTIPLIERS)
    assert calls == wanted
    assert all("CC" not in message.headers and "x-fonoteca-defects" not in message.headers for message in parked)


async def test_a_message_that_is_put_off_takes_nothing_along(
    broker: AbstractRobustConnection, publisher: Publisher, inputs: Callable[[int], None]
) -> None:
    seen: list[tuple[str, Sender]] = []
    done = asyncio.Event()

    async def later(message: PlaylistSubmitted) -> None:
        seen.append((message.url, current_sender()))
        if len(seen) == 2 * len(MULTIPLIERS):
            done.set()
        if [url for url, _ in seen].count(message.url) == 1:
            raise TryLater(1, "not now")

    consumer = Consumer(broker, publisher, PLAYLISTS_QUEUE, {PlaylistSubmitted: later}, prefetch=50)
    await consumer.start()
    channel = await broker.channel()
    for number, headers in enumerate(MULTIPLIERS):
        told = {**headers, SENDER_HEADER: USER}
        body = json.dumps({"url": f"{URL}{number}"}).encode()
        await publish_raw(channel, body, KEY, WORK_EXCHANGE, spec.Basic.Properties(headers=told))
    await asyncio.wait_for(done.wait(), LIMIT)
    await consumer.stop(LIMIT)
    inputs(len(MULTIPLIERS))
    assert await waiting_in(channel) == {}
    assert {sender for _, sender in seen} == {Sender(None, service=False)}


async def test_the_delay_tree_keeps_who_published(broker: AbstractRobustConnection, publisher: Publisher) -> None:
    """Dead-lettering leaves the user id as it was; so does putting a message off twice."""
    seen: list[Sender] = []
    done = asyncio.Event()

    async def later(_: PlaylistSubmitted) -> None:
        seen.append(current_sender())
        if len(seen) == 3:
            done.set()
        else:
            raise TryLater(1, "not now")

    consumer = Consumer(broker, publisher, PLAYLISTS_QUEUE, {PlaylistSubmitted: later}, prefetch=1)
    await consumer.start()
    await publisher.publish_later(PlaylistSubmitted(url=URL), PLAYLISTS_QUEUE, 1)
    await asyncio.wait_for(done.wait(), LIMIT)
    await consumer.stop(LIMIT)
    assert seen == [Sender(USER, service=True)] * 3


EXPIRING: list[dict[str, Any]] = [
    {},
    {"x-parked-reason": "lies", "x-parked-at": "garbage"},
    {"x-parked-reason": "lies", "x-parked-at": "0001-01-01T00:00:00+14:00"},
    {"x-parked-reason": ["lies"], "x-parked-at": 5, "x-parked-size": 10**18},
    {"x-death": "x"},
    {"x-death": [{"queue": "x", "reason": "rejected", "time": datetime(1970, 1, 1, tzinfo=UTC)}]},
    {"CC": [KEY], "BCC": [KEY]},
]


async def test_messages_that_expire_are_kept_with_the_truth(
    broker: AbstractRobustConnection, publisher: Publisher, catalog: Catalog, inputs: Callable[[int], None]
) -> None:
    """Whoever sets an expiration sends past all consumers into the parking queue, with headers of their own."""
    channel = await broker.channel()
    properties = [spec.Basic.Properties(headers=headers, expiration="0") for headers in EXPIRING]
    # Neither does what nobody can read stop the reader of parked messages.
    unreadable = struct.pack(">HB", (1 << 8) | (1 << 6), 1) + b"0" + struct.pack(">Q", 2**64 - 1)
    all_properties = [*properties, Raw(unreadable)]
    for number, each in enumerate(all_properties):
        await publish_raw(channel, b"%d" % number, KEY, WORK_EXCHANGE, each)
    direct = spec.Basic.Properties(headers={"x-parked-reason": "r" * 5000, "x-parked-at": "2999-01-01"})
    await publish_raw(channel, b"direct", PLAYLISTS_QUEUE, "fonoteca.parking", direct)
    await empty_parking_queues(broker, Keeper(catalog, DefectBook(catalog, None)).keep)
    async with asyncio.timeout(LIMIT):
        while len(found := (await parked_page(catalog, limit=100)).items) < len(all_properties) + 1:
            await asyncio.sleep(0.05)
    inputs(len(all_properties) + 1)
    by_body = {parked["body"]: parked for parked in found}
    now = datetime.now(UTC)
    assert all(now - timedelta(hours=1) < parked["parked_at"] < now + timedelta(hours=1) for parked in found)
    for number in range(len(properties)):
        assert by_body[b"%d" % number]["reason"].startswith("its sender set an expiration"), number
        assert by_body[b"%d" % number]["size_bytes"] == 1
    assert by_body[b"%d" % len(properties)]["reason"].startswith("no consumer parked it")
    assert by_body[b"direct"]["reason"] == "r" * 1000
    assert await waiting_in(channel) == {}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"x-parked-reason": "why", "x-parked-at": "garbage"}, "why"),
        ({"x-parked-reason": "why", "x-parked-at": "2026-05-01T00:00:00"}, "why"),
        ({"x-parked-reason": "why", "x-parked-at": "9999-12-31T23:59:59-14:00"}, "why"),
        ({"x-parked-reason": "why"}, "why"),
        ({"x-parked-reason": b"\xff", "x-parked-at": b"\xff"}, "no consumer parked it: somebody sent it here"),
        ({"x-death": [5]}, "RabbitMQ parked it: None"),
        ({"x-death": [{"reason": {"a": 1}, "time": "garbage"}]}, "RabbitMQ parked it: {'a': 1}"),
        (
            {"x-death": [{"reason": "maxlen", "time": datetime(9999, 12, 31, tzinfo=UTC)}]},
            "RabbitMQ parked it: maxlen",
        ),
        ({"x-death": []}, "no consumer parked it: somebody sent it here"),
        ({}, "no consumer parked it: somebody sent it here"),
    ],
)
def test_why_and_when_never_fails(headers: dict[str, Any], reason: str) -> None:
    why, at = why_and_when(headers)
    assert why == reason
    assert at.tzinfo is not None
    assert datetime(2020, 1, 1, tzinfo=UTC) <= at <= datetime.now(UTC) + timedelta(days=1)


async def test_a_body_of_a_hundred_megabytes_is_refused_by_the_broker(broker: AbstractRobustConnection) -> None:
    channel = await broker.channel()
    with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match="larger than"):
        await publish_raw(channel, bytes(100_000_000), KEY, WORK_EXCHANGE, None)
