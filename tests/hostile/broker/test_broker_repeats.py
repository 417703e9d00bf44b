"""One message stays one: no header multiplies it while it is delivered again, parked or put off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection
from aiormq import spec

from dev.servers.rabbitmq import USER
from shared.contracts import PlaylistSubmitted
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import TryLater
from shared.messaging.consuming import settlement
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.publisher import DEFECTS_HEADER, Publisher
from shared.messaging.sender import SENDER_HEADER, Sender, current_sender
from shared.topology import PLAYLISTS_QUEUE, WORK_EXCHANGE
from tests.hostile.broker.settling import KEY, PARKED, URL
from tests.hostile.broker.virtual_host import LIMIT, publish_raw, wait_for_messages, waiting_in

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
