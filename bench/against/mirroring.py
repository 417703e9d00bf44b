"""Objects from the bucket into Azure and the comparison of the two, by `fonoteca sync run` and by rclone, in turns.

Both are commands of their own that copy the same objects between the same servers: the time of each includes its start.
`fonoteca sync run` also reads the catalog and verifies the SHA-256 of every object. The figures of the sync service are
beside them: it copies one object for each event, notes every copy in the catalog and publishes an event of it, which
rclone does not.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from statistics import median

import aio_pika
from pydantic import SecretStr

from bench.against import rclone
from bench.archives.stored import catalog_of, store_videos
from bench.measuring import Used, measured_run, own_cpu
from dev.stack import Stack
from shared.catalog.delivery.outbox import stored_message
from shared.messaging.connection import connect
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from shared.topology import EVENTS_EXCHANGE
from shared.topology.permissions import url_variable

#: Each side's turns; their medians are compared.
TURNS = 5
#: Name → number and bytes of the objects.
OBJECTS = {"large": (100, 5 * 2**20), "small": (2000, 4096)}
#: Seconds after which a turn of the service has failed, and between two checks of the queue.
LIMIT_SECONDS, LOOK_EVERY_SECONDS = 600, 0.02
CONTAINER = "fonoteca"

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {
    "mirror_large_times_rclone": "≤ 1.0",
    "mirror_large_cpu_times_rclone": "≤ 1.8",
    "mirror_small_times_rclone": "≤ 1.0",
    "mirror_small_cpu_times_rclone": "≤ 1.8",
    "reconcile_times_rclone": "≤ 1.0",
}
MEANINGS = {
    f"mirror_{name}_{figure}": f"{number:,} objects of {size}: {meaning}"
    for name, number, size in (("large", OBJECTS["large"][0], "5 MiB"), ("small", OBJECTS["small"][0], "4 KiB"))
    for figure, meaning in (
        ("seconds", f"fonoteca sync run, median of {TURNS}"),
        ("cpu_seconds", "its CPU time"),
        ("rclone_seconds", f"rclone copy with {rclone.AT_ONCE} transfers, median of {TURNS}"),
        ("rclone_cpu_seconds", "its CPU time"),
        ("times_rclone", "fonoteca ÷ rclone, wall time"),
        ("cpu_times_rclone", "fonoteca ÷ rclone, CPU time"),
        ("service_seconds", "the sync service, from events to events; once"),
        ("service_cpu_seconds", "its CPU time"),
    )
} | {
    "reconcile_seconds": f"fonoteca sync run over {OBJECTS['small'][0]:,} objects that are mirrored, median of {TURNS}",
    "reconcile_rclone_seconds": f"rclone check of the same, median of {TURNS}",
    "reconcile_times_rclone": "fonoteca ÷ rclone",
}


def run(stack: Stack) -> dict[str, float]:
    """Mirror large objects, then small ones, in turns with rclone; compare the small ones."""
    figures: dict[str, float] = {}
    begin = 0
    for name, (number, size_bytes) in OBJECTS.items():
        bucket = f"bench-{name}"
        stack.exports["MINIO_BUCKET"] = bucket
        asyncio.run(store_videos(stack.exports, range(begin, begin + number), size_bytes))
        begin += number
        ours, theirs, compared, checked = [], [], [], []
        for _ in range(TURNS):
            ours.append(_sync_run(stack))
            theirs.append(rclone.copy(stack, bucket))
            if name == "small":
                compared.append(_sync_run(stack))
                checked.append(rclone.check(stack, bucket))
            rclone.empty(stack, CONTAINER)
            rclone.empty(stack, bucket)
        figures |= _figures(f"mirror_{name}", ours, theirs)
        if compared:
            figures |= _comparison(compared, checked)
        service = _by_the_service(stack, bucket, number)
        figures[f"mirror_{name}_service_seconds"] = round(service.seconds, 2)
        figures[f"mirror_{name}_service_cpu_seconds"] = round(service.cpu_seconds, 2)
    return figures


def _sync_run(stack: Stack) -> Used:
    command = [str(Path(sys.executable).parent / "fonoteca"), "sync", "run", "--json", "--from-the-start"]
    return measured_run(command, {**os.environ, **stack.exports})


def _figures(name: str, ours: list[Used], theirs: list[Used]) -> dict[str, float]:
    wall, cpu = median(u.seconds for u in ours), median(u.cpu_seconds for u in ours)
    their_wall, their_cpu = median(u.seconds for u in theirs), median(u.cpu_seconds for u in theirs)
    return {
        f"{name}_seconds": round(wall, 2),
        f"{name}_cpu_seconds": round(cpu, 2),
        f"{name}_rclone_seconds": round(their_wall, 2),
        f"{name}_rclone_cpu_seconds": round(their_cpu, 2),
        f"{name}_times_rclone": round(wall / their_wall, 2),
        f"{name}_cpu_times_rclone": round(cpu / their_cpu, 2),
    }


def _comparison(ours: list[Used], theirs: list[Used]) -> dict[str, float]:
    wall, their_wall = median(u.seconds for u in ours), median(u.seconds for u in theirs)
    return {
        "reconcile_seconds": round(wall, 2),
        "reconcile_rclone_seconds": round(their_wall, 2),
        "reconcile_times_rclone": round(wall / their_wall, 2),
    }


def _by_the_service(stack: Stack, bucket: str, number: int) -> Used:
    """Start the service and let it mirror all objects of a bucket. Returns what it used."""
    stack.start_services(("sync",), {"SYNC_NICENESS": "0"})
    try:
        return asyncio.run(let_mirror(stack, bucket, number))
    finally:
        stack.stop_programs(["sync"])
        rclone.empty(stack, CONTAINER)


async def let_mirror(stack: Stack, bucket: str, number: int) -> Used:
    """Let the running sync service mirror all objects of a bucket by their events. Returns what it used."""
    pid = stack.programs["sync"].pid
    async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection, asyncio.timeout(LIMIT_SECONDS):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(EVENTS_EXCHANGE, "audio.mirrored.v1")
        # Until all its events are at the broker.
        os.kill(pid, signal.SIGSTOP)
        try:
            await _publish_stored(stack, bucket)
        finally:
            os.kill(pid, signal.SIGCONT)
        began, cpu = time.perf_counter(), own_cpu(pid)
        while ((await channel.declare_queue(queue.name, passive=True)).declaration_result.message_count or 0) < number:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        return Used(time.perf_counter() - began, own_cpu(pid) - cpu)


async def _publish_stored(stack: Stack, bucket: str) -> None:
    # Only the users of these services may say that an object is stored.
    settings = BrokerSettings(url=SecretStr(stack.exports[url_variable("scraper")]))
    catalog, broker = await catalog_of(stack.exports), await connect(settings, "scraper", 30)
    publisher = await Publisher.open(broker, "scraper", LIMIT_SECONDS)
    videos = await catalog.videos.find({"audio.bucket": bucket}).to_list()
    await publisher.publish_many(map(stored_message, videos))
    await catalog.close()
    await broker.close()
