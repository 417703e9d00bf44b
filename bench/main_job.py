"""A playlist of 20 × 60 s: through the services, against yt-dlp alone, against what FFmpeg's CPU time allows."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aio_pika

from bench.measuring import Stopwatch, ended_children_cpu
from cli.client import Address, Client, CliError
from dev.demo import publish
from dev.site.client import add_playlist
from dev.stack import Stack

VIDEOS, SECONDS = 20, 60
#: Different recordings among them; the others share bytes.
TAKES = 5
#: Seconds after which the run has failed.
LIMIT_SECONDS = 300

NEEDS_SERVICES = True
AIMS = {
    "times_faster_than_yt_dlp": "≥ 2",
    "times_the_cpu_bound": "≤ 1.3",
}
MEANINGS = {
    "yt_dlp_seconds": "yt-dlp -x --audio-format mp3 --audio-quality 320K, 20 × 60 s",
    "services_seconds": "the same playlist through the running services",
    "ffmpeg_cpu_seconds": "CPU seconds of the services' ffmpeg runs, verification included",
    "ffmpeg_cpu_by_cores_seconds": "the same ÷ cores: nothing that encodes could be faster",
    "times_faster_than_yt_dlp": "yt-dlp ÷ services",
    "times_the_cpu_bound": "services ÷ (ffmpeg CPU ÷ cores)",
}


def run(stack: Stack) -> dict[str, float]:
    """Both ways in one run, one after the other. Returns seconds and ratios."""
    url = _playlist(stack, "PLbenchMainJob1", "a")
    with Stopwatch() as alone, tempfile.TemporaryDirectory() as folder:
        yt_dlp(stack, url, Path(folder))
    scraper = stack.programs["scraper"].pid
    before = ended_children_cpu(scraper)
    with Stopwatch() as services:
        asyncio.run(_publish_and_count(stack, url))
    cpu = ended_children_cpu(scraper) - before
    bound = cpu / (os.cpu_count() or 1)
    return {
        "yt_dlp_seconds": round(alone.seconds, 2),
        "services_seconds": round(services.seconds, 2),
        "ffmpeg_cpu_seconds": round(cpu, 2),
        "ffmpeg_cpu_by_cores_seconds": round(bound, 2),
        "times_faster_than_yt_dlp": round(alone.seconds / services.seconds, 2),
        "times_the_cpu_bound": round(services.seconds / bound, 2),
    }


def warm(stack: Stack) -> None:
    """A first small playlist: imports, connections and worker processes are there before anything is timed."""
    client = Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))
    videos = [{"id": f"warm{n:07}", "title": "warm", "seconds": 5, "codecs": ["opus"]} for n in range(8)]
    url = add_playlist(stack.exports, "PLbenchWarmUp1", videos, prepare=True)
    asyncio.run(publish(url, stack.exports))
    while not _mirrored(client, "youtube:PLbenchWarmUp1", len(videos)):
        time.sleep(0.5)


def _mirrored(client: Client, playlist_id: str, number: int) -> bool:
    try:
        return bool(client.playlist(playlist_id)["progress"]["mirrored"] == number)
    except CliError:
        return False  # The message is on its way.


def _playlist(stack: Stack, id_: str, letter: str) -> str:
    videos: list[dict[str, Any]] = [
        {
            "id": f"bench{letter}{n:05}",
            "title": f"Benchmark {n}",
            "seconds": SECONDS,
            "sound": "speech" if n % 2 else "music",
            "take": n % TAKES,
            "codecs": ["opus"],
        }
        for n in range(VIDEOS)
    ]
    return add_playlist(stack.exports, id_, videos, prepare=True)


def yt_dlp(stack: Stack, url: str, folder: Path) -> None:
    """What people run today."""
    command = [str(Path(sys.executable).parent / "yt-dlp"), "--compat-options", "no-certifi", "--quiet"]
    command += ["-x", "--audio-format", "mp3", "--audio-quality", "320K", "-o", "%(id)s.%(ext)s", "--", url]
    environment = {
        **os.environ,
        "https_proxy": stack.exports["FONOTECA_SITE_PROXY"],
        "SSL_CERT_FILE": stack.exports["FONOTECA_SITE_CA"],
    }
    subprocess.run(command, cwd=folder, env=environment, check=True, stdin=subprocess.DEVNULL)
    if (made := len(list(folder.glob("*.mp3")))) != VIDEOS:
        raise RuntimeError(f"yt-dlp made {made} files, not {VIDEOS}")


async def _publish_and_count(stack: Stack, url: str) -> None:
    """Publish the playlist and return when all its videos were announced as stored, listening on the broker."""
    async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection, asyncio.timeout(LIMIT_SECONDS):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("fonoteca.events", "audio.stored.v1")
        await publish(url, stack.exports)
        stored: set[str] = set()
        async with queue.iterator(no_ack=True) as events:
            async for event in events:
                stored.add(json.loads(event.body)["data"]["video_id"])
                if len(stored) == VIDEOS:
                    return
