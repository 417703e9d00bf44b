"""The broker in trouble, and messages that come too often or make no sense."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from datetime import UTC, datetime
from functools import partial

import aio_pika
from pydantic import SecretStr

from bench.broker.delay_tree import LIMIT_SECONDS, TARGET, Passage
from bench.broker.server import own_vhost
from dev.faults.proxy import Fault
from dev.servers.rabbitmq import clear_memory_alarm, raise_memory_alarm, set_consumer_timeout
from shared.contracts import VideoRequested, wrap
from shared.messaging.connection import connect
from shared.messaging.declare import declare
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from tests.faults.numbers import many
from tests.faults.rig import Rig, wait_for
from tests.faults.scenario import (
    Row,
    attempts_of,
    more_asked,
    new_playlist,
    post_playlist,
    publish,
    settle,
)
from tests.site import requests_of


def test_broker_killed_among_delayed_messages(rig: Rig, row: Row) -> None:
    """kill -9 of the broker with thousands of messages in the delay tree."""
    before, row.runs, row.items = rig.states(), 1, many(20_000, 1_000)
    with own_vhost(rig.stack, "faults-tree") as url:
        passage = asyncio.run(_sent(url, row.items))
        rig.kill("rabbitmq")
        killed = time.monotonic()
        rig.start_again("rabbitmq")
        asyncio.run(_received(url, passage))
        quiet_after = time.monotonic() - killed
    assert passage.lost == 0
    settle(rig, row, before, 0, stored=0)
    row.duplicates, row.seconds_until_quiet = passage.duplicates, quiet_after


async def _sent(url: str, number: int) -> Passage:
    """Send messages into the delay tree: some are due while the broker is away, most afterwards."""
    settings = BrokerSettings(url=SecretStr(url))
    async with await connect(settings, "faults", LIMIT_SECONDS) as sending:
        await declare(sending)
        passage = Passage(await Publisher.open(sending, "faults", LIMIT_SECONDS))
        await passage.send_fast(number, many(10, 2), many(90, 20))
    return passage


async def _received(url: str, passage: Passage) -> None:
    """Take what comes out of the delay tree, until all has come."""
    async with await aio_pika.connect(url) as receiving:
        queue = await (await receiving.channel()).get_queue(TARGET)
        await queue.consume(passage.take, no_ack=True)
        await passage.arrivals()


def test_broker_killed_with_waiting_retries(rig: Rig, row: Row) -> None:
    """kill -9 of the broker while retries wait in the delay tree."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(400, 20), trouble="server-error", trouble_tries=1)
    rig.submit(url)
    wait_for(lambda: rig.states().get("waiting", 0) > before.get("waiting", 0) + len(ids) // 4, "waiting videos")
    rig.kill("rabbitmq")
    rig.start_again("rabbitmq")
    settle(rig, row, before, len(ids))


def test_broker_frozen_and_restarted(rig: Rig, row: Row) -> None:
    """The broker freezes, then is restarted."""
    before, row.runs = rig.states(), 2
    url, ids = new_playlist(rig, many(40, 8))
    rig.submit(url)
    with rig.fault("rabbitmq", Fault(frozen=True)):
        # Publishing fails within its time limit and says so.
        answer = post_playlist(rig, url)
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
        time.sleep(many(60, 0))
    rig.stack.stop_and_start("rabbitmq")
    settle(rig, row, before, len(ids))


def test_broker_wiped(rig: Rig, row: Row) -> None:
    """The broker loses all its data."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(60, 8), trouble="server-error", trouble_tries=1)
    queued_url, queued = new_playlist(rig, 3)
    rig.submit(url)
    wait_for(lambda: rig.states().get("waiting", 0) > before.get("waiting", 0), "a waiting video")
    rig.submit(queued_url)
    rig.kill("rabbitmq")
    shutil.rmtree(rig.folder / "rabbitmq" / "data")
    rig.start_again("rabbitmq")
    settle(rig, row, before, len(ids) + len(queued))


def test_memory_alarm(rig: Rig, row: Row) -> None:
    """The broker raises a memory alarm and takes no messages."""
    before, row.runs = rig.states(), 1
    url, ids = new_playlist(rig, many(20, 4), bytes_per_second=60_000)
    rig.submit(url)
    wait_for(partial(more_asked, rig, ids, 0), "a download")
    raise_memory_alarm(rig.stack.state)
    try:
        stored = before.get("stored", 0)
        wait_for(lambda: rig.states().get("stored", 0) > stored, "a stored video whose event cannot be sent")
        time.sleep(many(60, 0))
    finally:
        clear_memory_alarm(rig.stack.state)
    settle(rig, row, before, len(ids))
    assert set(attempts_of(rig, ids)) == {1}


def test_consumer_timeout(rig: Rig, row: Row) -> None:
    """The broker's consumer_timeout fires in the middle of a download."""
    before, row.runs = rig.states(), 1
    set_consumer_timeout(rig.stack.state, 3000)
    rig.kill("scraper")
    rig.start_again("scraper")
    url, ids = new_playlist(rig, 1, bytes_per_second=6_000)
    rig.submit(url)
    log = rig.folder / "logs" / "rabbitmq.log"
    wait_for(lambda: "delivery acknowledgement" in log.read_text(errors="replace"), "consumer_timeout in the log")
    set_consumer_timeout(rig.stack.state, 7_200_000)
    settle(rig, row, before, 1)
    assert set(attempts_of(rig, ids)) == {1}


def test_each_message_ten_times(rig: Rig, row: Row) -> None:
    """Each message is delivered ten times at once, and old ones come late."""
    before, row.runs = rig.states(), 10
    url, ids = new_playlist(rig, many(30, 6))
    asyncio.run(publish(rig, [json.dumps({"url": url}).encode()], "playlist.submitted.v1", times=10))
    now = datetime.now(UTC)
    old = [
        wrap(VideoRequested(video_id=f"youtube:{id_}", url=f"https://www.youtube.com/watch?v={id_}"), "test", now)
        for id_ in ids
    ]
    asyncio.run(publish(rig, old, "video.requested.v1", times=10))
    settle(rig, row, before, len(ids))
    absorbed = rig.absorbed()
    asyncio.run(publish(rig, old, "video.requested.v1"))
    wait_for(lambda: rig.absorbed() >= absorbed + len(old), "absorbed late ones")
    settle(rig, row, rig.states(), 0, stored=0)
    row.items = len(ids)
    assert set(attempts_of(rig, ids)) == {1}
    assert {requests_of(rig.stack, "page", id_) for id_ in ids} == {1}


def test_poison_among_good_ones(rig: Rig, row: Row) -> None:
    """Poison of each kind among good messages."""
    before = rig.states()
    url, ids = new_playlist(rig, 4)
    poison = [
        b"{",
        b"[]",
        b'{"url": 7}',
        b'{"specversion":"1.0","type":"playlist.submitted.v9","data":{}}',
        b'{"url": "' + b"x" * 300_000 + b'"}',
        b"\xff\xfe\x00",
    ]
    row.runs = len(poison)
    asyncio.run(publish(rig, [*poison, json.dumps({"url": url}).encode()], "playlist.submitted.v1"))
    wait_for(lambda: len(list(rig.client.parked())) == len(poison), "parked poison")
    settle(rig, row, before, len(ids))
    for message in list(rig.client.parked()):
        rig.client.drop_parked(message["id"])
