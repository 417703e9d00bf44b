"""Playlists of the local site through the running services, and through yt-dlp alone."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aio_pika

from bench.measuring import Stopwatch
from cli.api.client import Address, Client
from cli.errors import CliError
from dev.demo.run import publish
from dev.site.client import add_playlist
from dev.stack import Stack

#: Number of different recordings in a playlist; the others share their bytes.
TAKES = 5


def add(stack: Stack, id_: str, videos: int, *lengths: int, **each: Any) -> str:
    """Put a playlist of videos on the site and make their sounds. Returns its address.

    `lengths`: seconds of the videos in turn.
    """
    entries = [
        {
            "id": f"{id_[-5:]}{n:06}",
            "title": f"Benchmark {n}",
            "seconds": lengths[n % len(lengths)],
            "sound": "speech" if n % 2 else "music",
            "take": n % TAKES,
            "codecs": ["opus"],
            **each,
        }
        for n in range(videos)
    ]
    return add_playlist(stack.exports, id_, entries, prepare=True)


def warm(stack: Stack) -> None:
    """Run a small playlist first, so that imports, connections and worker processes exist before the measurement."""
    client = Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))
    url = add(stack, "PLbenchWarmUp1", 8, 5)
    asyncio.run(publish(url, stack.exports))
    while not _stored(client, "youtube:PLbenchWarmUp1", 8):
        time.sleep(0.5)


def _stored(client: Client, playlist_id: str, number: int) -> bool:
    try:
        return bool(client.playlist(playlist_id)["progress"]["counts"]["stored"] == number)
    except CliError:
        return False  # The message is still in transit.


def through_services(
    stack: Stack, url: str, videos: int, limit_seconds: float, at: Callable[[int], None] = lambda _: None
) -> float:
    """Publish a playlist. Returns the seconds until the events of all its stored videos have arrived.

    `at`: called with every number of stored videos that is reached.
    """
    with Stopwatch() as watch:
        asyncio.run(_publish_and_count(stack, url, videos, limit_seconds, at))
    return watch.seconds


async def _publish_and_count(
    stack: Stack, url: str, videos: int, limit_seconds: float, at: Callable[[int], None]
) -> None:
    async with await aio_pika.connect(stack.exports["RABBITMQ_URL"]) as connection, asyncio.timeout(limit_seconds):
        channel = await connection.channel()
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind("fonoteca.events", "audio.stored.v1")
        await publish(url, stack.exports)
        stored: set[str] = set()
        async with queue.iterator(no_ack=True) as events:
            async for event in events:
                stored.add(json.loads(event.body)["data"]["video_id"])
                at(len(stored))
                if len(stored) == videos:
                    return


def through_yt_dlp(stack: Stack, url: str, videos: int, *options: str) -> float:
    """Run yt-dlp -x with `options`, as people do without Fonoteca. Returns its seconds."""
    command = [str(Path(sys.executable).parent / "yt-dlp"), "--compat-options", "no-certifi", "--quiet", "-x"]
    environment = {
        **os.environ,
        "https_proxy": stack.exports["FONOTECA_SITE_PROXY"],
        "SSL_CERT_FILE": stack.exports["FONOTECA_SITE_CA"],
    }
    with tempfile.TemporaryDirectory() as folder:
        with Stopwatch() as watch:
            subprocess.run(
                [*command, *options, "-o", "%(id)s.%(ext)s", "--", url],
                cwd=folder,
                env=environment,
                check=True,
                stdin=subprocess.DEVNULL,
            )
        if (made := len(list(Path(folder).iterdir()))) != videos:
            raise RuntimeError(f"yt-dlp made {made} files, not {videos}")
    return watch.seconds
