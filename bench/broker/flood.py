"""A flood of delayed messages, as after a block by the source: does the delay tree keep up, with how much memory?"""

from __future__ import annotations

import asyncio
import time

from bench.broker.delay_tree import Passage, passage
from bench.broker.server import broker_process, own_vhost
from bench.measuring import PeakResident, quantile
from dev.stack import Stack

MESSAGES = 100_000
#: Shortest and longest delay, seconds.
DELAYS = (1, 15)

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"flood_late_p99_seconds": "< 5", "flood_lost": "0"}
MEANINGS = {
    "flood_publish_seconds": f"{MESSAGES:,} messages with delays of {DELAYS[0]}–{DELAYS[1]} s, as fast as possible",
    "flood_late_p99_seconds": "arrival after the time due, or after the last publish if that is later",
    "flood_lost": "confirmed and never arrived",
    "flood_duplicates": "arrived once more",
    "flood_broker_peak_mb": "peak resident memory of the broker meanwhile, MB",
}


def run(stack: Stack) -> dict[str, float]:
    """Publish, wait for all arrivals."""
    with own_vhost(stack, "bench-flood") as url, PeakResident(broker_process(stack).pid) as memory:
        done, seconds, ended = asyncio.run(_pass(url))
    return {
        "flood_publish_seconds": round(seconds, 1),
        "flood_late_p99_seconds": round(quantile(done.lateness(not_before=ended), 0.99), 2),
        "flood_lost": done.lost,
        "flood_duplicates": done.duplicates,
        "flood_broker_peak_mb": round(memory.mb),
    }


async def _pass(url: str) -> tuple[Passage, float, float]:
    async with passage(url, consume=True) as done:
        began = time.perf_counter()
        await done.send_fast(MESSAGES, *DELAYS)
        ended = time.perf_counter()
        await done.arrivals()
    return done, ended - began, ended
