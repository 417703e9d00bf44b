"""What anybody may write into a message: it ends handled or parked, once, and the consumer takes the next one."""

from __future__ import annotations

import gzip
import json
import struct
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractRobustConnection
from aiormq import spec
from aiormq.exceptions import AMQPError

from services.api.live.live_event import read_message
from shared.messaging.consuming.parking import why_and_when
from shared.messaging.consuming.stream import StreamMessage
from shared.messaging.publisher import DEFECTS_HEADER, PARKED_BYTES, Publisher
from shared.messaging.sender import SENDER_HEADER, Sender
from shared.topology import PLAYLISTS_QUEUE, WORK_EXCHANGE
from tests.hostile.broker.settling import GOOD, KEY, PARKED, URL, settled
from tests.hostile.broker.virtual_host import Raw, publish_raw, signed_in, version_of, waiting_in


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
#: Neither persistent nor not: RabbitMQ 3 refuses it, RabbitMQ 4 takes it for not persistent.
MODES: dict[str, Any] = {f"delivery mode {mode}": octet(12, mode) for mode in (0, 3, 255)}
#: What RabbitMQ 3.10 itself takes from nobody.
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


async def test_a_body_of_a_hundred_megabytes_is_refused_by_the_broker(broker: AbstractRobustConnection) -> None:
    channel = await broker.channel()
    with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match="larger than"):
        await publish_raw(channel, bytes(100_000_000), KEY, WORK_EXCHANGE, None)
