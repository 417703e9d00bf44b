"""Parked messages keep their true reason and time, whatever their headers claim."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection
from aiormq import spec

from services.retry.keeper import Keeper
from shared.catalog.connection import Catalog
from shared.catalog.operations.parked import parked_page
from shared.messaging.consuming.parking import empty_parking_queues, why_and_when
from shared.messaging.publisher import Publisher
from shared.runtime.defect_book import DefectBook
from shared.topology import PLAYLISTS_QUEUE, WORK_EXCHANGE
from tests.hostile.broker.settling import KEY
from tests.hostile.broker.virtual_host import LIMIT, Raw, publish_raw, waiting_in

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
