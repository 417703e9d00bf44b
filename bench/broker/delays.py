"""How punctual is the delay tree? Delayed messages at a constant rate, as for the retries of a busy day."""

from __future__ import annotations

import asyncio
import time

from bench.broker.delay_tree import Passage, passage
from bench.broker.server import own_vhost
from bench.measuring import quantile
from dev.stack import Stack

PER_SECOND, SECONDS = 300, 40
#: Shortest and longest delay, seconds.
DELAYS = (1, 15)

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"delays_lost": "0"}
MEANINGS = {
    "delays_publish_p50_ms": f"{PER_SECOND} messages/s with delays of {DELAYS[0]}–{DELAYS[1]} s: until confirmed",
    "delays_late_p50_ms": "arrival after the time due: confirm + delay",
    "delays_late_p99_ms": "the same, 99th percentile",
    "delays_late_max_ms": "the same, the latest",
    "delays_lost": "confirmed and never arrived",
    "delays_duplicates": "arrived once more",
}


def run(stack: Stack) -> dict[str, float]:
    """Publish at the rate, wait for all arrivals."""
    with own_vhost(stack, "bench-delays") as url:
        done = asyncio.run(_pass(url))
    late = [seconds * 1000 for seconds in done.lateness()]
    return {
        "delays_publish_p50_ms": round(quantile(done.publish_seconds, 0.5) * 1000, 1),
        "delays_late_p50_ms": round(quantile(late, 0.5), 1),
        "delays_late_p99_ms": round(quantile(late, 0.99), 1),
        "delays_late_max_ms": round(max(late, default=0), 1),
        "delays_lost": done.lost,
        "delays_duplicates": done.duplicates,
    }


async def _pass(url: str) -> Passage:
    """Send at fixed times, whether or not earlier messages are confirmed, so that a slow broker shows as lateness."""
    async with passage(url, consume=True) as done, asyncio.TaskGroup() as sending:
        began = time.perf_counter()
        for number in range(PER_SECOND * SECONDS):
            await asyncio.sleep(max(0, began + number / PER_SECOND - time.perf_counter()))
            sending.create_task(done.send(number, *DELAYS))
        await done.arrivals()
    return done
