"""A listing of 5,000 videos: when is the first requested, when the last, and how much memory does the scraper take?"""

from __future__ import annotations

import asyncio
import time

import aio_pika

from bench.measuring import PeakMemory
from dev.demo import publish
from dev.site.client import add_playlist
from dev.stack import Stack

ENTRIES = 5000
#: Seconds after which the run has failed.
LIMIT_SECONDS = 600

NEEDS_SERVICES = True
AIMS: dict[str, str] = {}
MEANINGS = {
    "entries": "entries of the long listing",
    "first_requested_seconds": "from submission until its first video is requested",
    "last_requested_seconds": "until its last video is requested",
    "scraper_peak_mb": "peak resident memory of the scraper process meanwhile, MB",
    "scraper_with_workers_peak_mb": "peak of it with all its workers, shared pages counted once, MB",
}


def run(stack: Stack) -> dict[str, float]:
    """Watch the requests pass on the broker. The videos are removed ones, so that nothing is downloaded."""
    removed = {"title": "[Deleted video]", "trouble": "removed"}
    url = add_playlist(stack.exports, "PLbenchListing1", [{"id": f"entry{n:06}", **removed} for n in range(ENTRIES)])
    with PeakMemory(stack.programs["scraper"].pid) as memory:
        first, last = asyncio.run(_watch(stack, url))
    return {
        "entries": ENTRIES,
        "first_requested_seconds": round(first, 2),
        "last_requested_seconds": round(last, 2),
        "scraper_peak_mb": round(memory.service_mb),
        "scraper_with_workers_peak_mb": round(memory.with_workers_mb),
    }


async def _watch(stack: Stack, url: str) -> tuple[float, float]:
    async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection, asyncio.timeout(LIMIT_SECONDS):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("fonoteca.work", "video.requested.v1")
        began = time.perf_counter()
        await publish(url, stack.exports)
        first, seen = 0.0, 0
        async with queue.iterator(no_ack=True) as requests:
            async for _ in requests:
                first = first or time.perf_counter() - began
                seen += 1
                if seen == ENTRIES:
                    break
        return first, time.perf_counter() - began
