"""Two hundred clients listen while a thousand videos are fetched: does one miss any event, and how late are they?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from datetime import datetime

import httpx
from httpx_sse import aconnect_sse

from bench.measuring import own_cpu, quantile
from bench.scraping.playlists import add
from dev.demo.run import publish
from dev.stack import Stack

LISTENERS, VIDEOS = 200, 1000
LIMIT_SECONDS = 1800
STORED = "audio.stored.v1"
PLAYLIST = "youtube:PLbenchListeners"

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
SETTINGS: dict[str, str] = {}
AIMS = {"listeners_events_missed": "0", "listeners_told_twice": "0"}
MEANINGS = {
    "listeners_seconds": f"{VIDEOS} videos of 1 s fetched while {LISTENERS} clients listened",
    "listeners_events_missed": "events that a client did not receive, over all clients",
    "listeners_told_twice": "events that a client received again",
    "listeners_delay_p50_ms": "delay from an event's time to a client, 50 % within",
    "listeners_delay_p99_ms": "the same, 99 % within; clients and services share the cores",
    "listeners_api_cpu_seconds": "CPU of the API",
}


@dataclass
class _Told:
    """The events that one client received."""

    videos: list[str] = field(default_factory=list)
    #: Milliseconds.
    delays: list[float] = field(default_factory=list)


def run(stack: Stack) -> dict[str, float]:
    """Connect all clients, publish the playlist, and wait until each has received the events of every video."""
    url = add(stack, "PLbenchListeners", VIDEOS, 1)
    before = own_cpu(stack.programs["api"].pid)
    began = time.perf_counter()
    told = asyncio.run(_listen(stack, url))
    seconds = time.perf_counter() - began
    delays = [delay for each in told for delay in each.delays]
    return {
        "listeners_seconds": round(seconds, 1),
        "listeners_events_missed": sum(VIDEOS - len(set(each.videos)) for each in told),
        "listeners_told_twice": sum(len(each.videos) - len(set(each.videos)) for each in told),
        "listeners_delay_p50_ms": round(quantile(delays, 0.5)),
        "listeners_delay_p99_ms": round(quantile(delays, 0.99)),
        "listeners_api_cpu_seconds": round(own_cpu(stack.programs["api"].pid) - before, 1),
    }


async def _listen(stack: Stack, url: str) -> list[_Told]:
    everybody = [_Told() for _ in range(LISTENERS)]
    connected = [asyncio.Event() for _ in range(LISTENERS)]
    async with httpx.AsyncClient(
        base_url=stack.exports["API_URL"],
        headers={"Authorization": f"Bearer {stack.exports['API_KEY']}"},
        limits=httpx.Limits(max_connections=None),
        timeout=None,  # the limit is below
        trust_env=False,
    ) as client:
        listening = [
            asyncio.create_task(_one(client, told, event)) for told, event in zip(everybody, connected, strict=True)
        ]
        for event in connected:
            await event.wait()
        await publish(url, stack.exports)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIMIT_SECONDS):
                await asyncio.gather(*listening)
        for task in listening:
            task.cancel()
    return everybody


async def _one(client: httpx.AsyncClient, told: _Told, connected: asyncio.Event) -> None:
    async with aconnect_sse(client, "GET", "/v1/events") as source:
        async for event in source.aiter_sse():
            connected.set()
            if event.event != "happened":
                continue
            happening = json.loads(event.data)
            if happening["type"] == STORED and PLAYLIST in happening["playlists"]:
                told.videos.append(happening["video"])
                sent = datetime.fromisoformat(happening["at"]).timestamp()
                told.delays.append(1000 * max(0.0, time.time() - sent))
            if len(told.videos) >= VIDEOS:
                return
