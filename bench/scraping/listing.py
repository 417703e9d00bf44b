"""A listing of 5,000 videos: when is the first requested, when the last, and how much memory does the scraper use?

For comparison, yt-dlp's own generator reads the same list and does nothing with its entries.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import aio_pika

from bench.measuring import PeakMemory
from cli.api.client import Address, Client
from dev.site.client import add_playlist
from dev.stack import Stack

ENTRIES = 5000
#: Seconds after which the run has failed.
LIMIT_SECONDS = 600
#: Seconds between two checks of the queue.
LOOK_EVERY_SECONDS = 0.02
#: Iterates yt-dlp's generator in a process of its own, as the scraper does.
_GENERATOR = """
import sys, time, yt_dlp
options = {"quiet": True, "extract_flat": "in_playlist", "lazy_playlist": True, "compat_opts": {"no-certifi"}}
began = time.perf_counter()
with yt_dlp.YoutubeDL(options) as ydl:
    found = sum(1 for _ in ydl.extract_info(sys.argv[1], download=False, process=False)["entries"])
print(found, time.perf_counter() - began)
"""

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
#: Downloads have the pace of a polite egress, so that the listing dominates the measurement.
SETTINGS = {"SCRAPER_DOWNLOAD_INTERVAL_SECONDS": "5"}
AIMS = {"first_requested_seconds": "≤ 0.35", "listing_times_yt_dlps_generator": "≤ 1.1"}
MEANINGS = {
    "entries": "entries of the long listing",
    "first_requested_seconds": "from submission until its first video is requested",
    "last_requested_seconds": "until its last video is requested",
    "generator_seconds": "the same list by yt-dlp's own generator",
    "listing_times_yt_dlps_generator": "last requested ÷ generator",
    "scraper_peak_mb": "peak resident memory of the scraper process meanwhile, MB",
    "scraper_with_workers_peak_mb": "the same with all its workers, shared pages counted once, MB",
}


def run(stack: Stack) -> dict[str, float]:
    """Observe the requests on the broker. All videos are removed ones, so that nothing is downloaded."""
    removed = {"title": "Removed meanwhile", "trouble": "removed", "placeholder": False}
    url = add_playlist(stack.exports, "PLbenchListing1", [{"id": f"entry{n:06}", **removed} for n in range(ENTRIES)])
    generator = _generator_seconds(stack, url)
    with PeakMemory(stack.programs["scraper"].pid) as memory:
        first, last = asyncio.run(_watch(stack, url))
    return {
        "entries": ENTRIES,
        "first_requested_seconds": round(first, 2),
        "last_requested_seconds": round(last, 2),
        "generator_seconds": round(generator, 2),
        "listing_times_yt_dlps_generator": round(last / generator, 2),
        "scraper_peak_mb": round(memory.service_mb),
        "scraper_with_workers_peak_mb": round(memory.with_workers_mb),
    }


def _generator_seconds(stack: Stack, url: str) -> float:
    environment = {
        **os.environ,
        "https_proxy": stack.exports["FONOTECA_SITE_PROXY"],
        "SSL_CERT_FILE": stack.exports["FONOTECA_SITE_CA"],
    }
    command = [sys.executable, "-c", _GENERATOR, url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found, seconds = done.stdout.split()
    if int(found) != ENTRIES:
        raise RuntimeError(f"yt-dlp found {found} entries, not {ENTRIES}")
    return float(seconds)


async def _watch(stack: Stack, url: str) -> tuple[float, float]:
    """Count the messages in a queue besides the scraper's. A consumer would take CPU from the measured process."""
    async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection, asyncio.timeout(LIMIT_SECONDS):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("fonoteca.work", "video.requested.v1")
        client = Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))
        began = time.perf_counter()
        # An operator's submission, since what is published at the broker has a share that its videos wait for.
        await asyncio.to_thread(client.submit, url)
        first, seen = 0.0, 0
        while seen < ENTRIES:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            seen = (await channel.declare_queue(queue.name, passive=True)).declaration_result.message_count or 0
            first = first or (time.perf_counter() - began if seen else 0.0)
        return first, time.perf_counter() - began
