"""Whether messages of a queue can arrive: a consumer that is silently gone looks like an empty queue."""

from __future__ import annotations

import asyncio

from aio_pika.abc import AbstractRobustChannel

from shared.messaging.connection import BROKER_ERRORS


async def arrival_problem(channel: AbstractRobustChannel | None, queue: str, tag: str | None) -> str | None:
    """None if messages of `queue` can arrive, or are not wanted now (no `tag`); else what is wrong."""
    away = f"no messages can arrive from {queue}"
    if channel is None or channel.is_closed:
        return f"{away}: no connection to RabbitMQ"
    if tag is None:
        return None
    try:
        async with asyncio.timeout(1):
            underlay = await channel.get_underlay_channel()
    except BROKER_ERRORS:
        return f"{away}: no connection to RabbitMQ"
    return None if tag in getattr(underlay, "consumers", {}) else f"{away}: the consumer is gone"
