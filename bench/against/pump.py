"""A message in, a confirmed message out, an acknowledgement: our consumer and publisher beside plain aio-pika.

Both take the same bodies from the same queue of the topology and publish to the same exchange, in turns within one
process. The plain side parses and writes the same JSON, and checks nothing.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

import aio_pika
from pydantic import SecretStr

from bench.measuring import Used
from dev.stack import Stack
from shared.contracts import AudioMirrored, AudioStored
from shared.messaging.connection import connect
from shared.messaging.consuming.consumer import Consumer
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from shared.topology import EVENTS_EXCHANGE, STORED_QUEUE

#: Messages of a turn, turns of each side, and numbers of messages that the broker sends ahead.
MESSAGES, TURNS = 3_000, 9
PREFETCHES = (100, 8)
#: Seconds after which a turn has failed.
LIMIT_SECONDS = 300

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"pump_100_times_aio_pika": "≥ 0.92", "pump_8_times_aio_pika": "≥ 0.95"}
MEANINGS = {
    f"pump_{prefetch}_{figure}": f"prefetch {prefetch}: {meaning}"
    for prefetch in PREFETCHES
    for figure, meaning in (
        ("per_second", f"messages through our consumer and publisher, median of {TURNS}"),
        ("aio_pika_per_second", "the same through plain aio-pika in the same process"),
        ("times_aio_pika", "ours ÷ plain"),
        ("cpu_milliseconds", "CPU of this process for a message, ours"),
        ("aio_pika_cpu_milliseconds", "the same, plain"),
    )
}

Turn = Callable[[int], Awaitable[Used]]


def run(stack: Stack) -> dict[str, float]:
    """Pump messages by both, in turns."""
    return asyncio.run(_compare(stack))


async def _compare(stack: Stack) -> dict[str, float]:
    settings = BrokerSettings(url=SecretStr(stack.exports["RABBITMQ_URL"]))
    broker = await connect(settings, "bench", 30)
    await ensure_topology(broker, settings, 30)
    publisher = await Publisher.open(broker, "bench", settings.publish_seconds)
    figures: dict[str, float] = {}

    async def ours(prefetch: int) -> Used:
        done = _Countdown(MESSAGES)

        async def handle(message: AudioStored) -> None:
            await publisher.publish(_answer(message))
            done.one()

        consumer = Consumer(broker, publisher, STORED_QUEUE, {AudioStored: handle}, prefetch=prefetch)
        used = await done.measured(consumer.start)
        await consumer.stop(30)
        return used

    async def plain(prefetch: int) -> Used:
        done = _Countdown(MESSAGES)
        async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection:
            channel, publishing = await connection.channel(), await connection.channel(on_return_raises=True)
            exchange = await publishing.get_exchange(EVENTS_EXCHANGE, ensure=False)
            await channel.set_qos(prefetch_count=prefetch)
            queue = await channel.get_queue(STORED_QUEUE, ensure=False)

            async def handle(message: aio_pika.abc.AbstractIncomingMessage) -> None:
                body = json.dumps(_plain_answer(json.loads(message.body))).encode()
                out = aio_pika.Message(
                    body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT, message_id=message.message_id
                )
                await exchange.publish(out, "audio.mirrored.v1")
                await message.ack()
                done.one()

            return await done.measured(lambda: queue.consume(handle))

    # Somebody takes what is published, as in an archive.
    async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection:
        channel = await connection.channel()
        sink = await channel.declare_queue(exclusive=True)
        await sink.bind(EVENTS_EXCHANGE, "audio.mirrored.v1")
        for prefetch in PREFETCHES:
            found: dict[str, list[Used]] = {"ours": [], "plain": []}
            for _ in range(TURNS):
                for name, turn in (("ours", ours), ("plain", plain)):
                    await publisher.publish_many(_stored(number) for number in range(MESSAGES))
                    found[name].append(await turn(prefetch))
                    await sink.purge()
            figures |= _figures(f"pump_{prefetch}", found["ours"], found["plain"])
    await publisher.close()
    await broker.close()
    return figures


class _Countdown:
    """Measures until a number of messages are done."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._done = asyncio.Event()

    def one(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._done.set()

    async def measured(self, start: Callable[[], Awaitable[Any]]) -> Used:
        began, cpu = time.perf_counter(), time.process_time()
        await start()
        async with asyncio.timeout(LIMIT_SECONDS):
            await self._done.wait()
        return Used(time.perf_counter() - began, time.process_time() - cpu)


def _figures(name: str, ours: list[Used], plain: list[Used]) -> dict[str, float]:
    rate, plain_rate = (MESSAGES / median(u.seconds for u in each) for each in (ours, plain))
    cpu, plain_cpu = (1000 * median(u.cpu_seconds for u in each) / MESSAGES for each in (ours, plain))
    return {
        f"{name}_per_second": round(rate),
        f"{name}_aio_pika_per_second": round(plain_rate),
        f"{name}_times_aio_pika": round(rate / plain_rate, 2),
        f"{name}_cpu_milliseconds": round(cpu, 3),
        f"{name}_aio_pika_cpu_milliseconds": round(plain_cpu, 3),
    }


def _stored(number: int) -> AudioStored:
    return AudioStored(
        video_id=f"youtube:{number:011}",
        url=f"https://www.youtube.com/watch?v={number:011}",
        title=f"Kpɔn {number}",
        profile="mp3-320",
        bucket="fonoteca",
        object_key=f"audio/youtube/{number:011}/mp3-320.mp3",
        sha256="0" * 64,
        size_bytes=5_000_000,
        duration_seconds=125.0,
        bitrate_kbps=320,
        codec="mp3",
        stored_at=datetime.now(UTC),
    )


def _answer(stored: AudioStored) -> AudioMirrored:
    return AudioMirrored(
        video_id=stored.video_id,
        profile=stored.profile,
        container="fonoteca",
        blob=stored.object_key,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        mirrored_at=stored.stored_at,
    )


def _plain_answer(envelope: dict[str, Any]) -> dict[str, Any]:
    stored = envelope["data"]
    answer = {name: stored[name] for name in ("video_id", "profile", "sha256", "size_bytes")}
    answer |= {"container": "fonoteca", "blob": stored["object_key"], "mirrored_at": stored["stored_at"]}
    return {**envelope, "type": "audio.mirrored.v1", "data": answer}
