"""What does a message cost the broker while it waits for hours?"""

from __future__ import annotations

import asyncio
import time

from bench.broker.delay_tree import passage
from bench.broker.server import broker_process, own_vhost
from dev.servers.rabbitmq import collect_garbage
from dev.stack import Stack

MESSAGES = 200_000
#: Shortest and longest delay, seconds: 1 to 30 hours.
DELAYS = (3_600, 108_000)
#: Seconds after a garbage collection until freed memory is returned to the system.
SETTLE_SECONDS = 10

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS: dict[str, str] = {}
MEANINGS = {
    "pending_before_mb": "resident memory of the broker before",
    "pending_after_mb": f"the same with {MESSAGES:,} messages waiting 1–30 h",
    "pending_bytes_each": "the difference ÷ messages",
}


def run(stack: Stack) -> dict[str, float]:
    """Let messages wait, measure the broker's memory, and drop them."""
    with own_vhost(stack, "bench-pending") as url:
        before = _settled_bytes(stack)
        asyncio.run(_fill(url))
        after = _settled_bytes(stack)
    return {
        "pending_before_mb": round(before / 1e6),
        "pending_after_mb": round(after / 1e6),
        "pending_bytes_each": round((after - before) / MESSAGES),
    }


async def _fill(url: str) -> None:
    async with passage(url, consume=False) as waiting:
        await waiting.send_fast(MESSAGES, *DELAYS)


def _settled_bytes(stack: Stack) -> int:
    collect_garbage(stack.state)
    time.sleep(SETTLE_SECONDS)
    return int(broker_process(stack).memory_info().rss)
