"""Checks that a queue's messages can arrive: a consumer that was lost silently looks like an empty queue."""

from __future__ import annotations

import asyncio

from aio_pika.abc import AbstractRobustChannel

from shared.messaging.driver_errors import RAISED


async def arrival_problem(channel: AbstractRobustChannel | None, queue: str, tag: str | None) -> str | None:
    """Describe what keeps messages of `queue` from arriving; None if nothing does, or if none are wanted (no `tag`)."""
    there = await is_consumed(channel, tag)
    if there is None:
        return f"no messages can arrive from {queue}: no connection to RabbitMQ"
    return None if there else f"no messages can arrive from {queue}: the consumer is gone"


async def is_consumed(channel: AbstractRobustChannel | None, tag: str | None) -> bool | None:
    """Return whether the consumer exists, True also without a `tag`; None while there is no connection."""
    if channel is None or channel.is_closed:
        return None
    if tag is None:
        return True
    try:
        async with asyncio.timeout(1):
            underlay = await channel.get_underlay_channel()
    except RAISED:
        return None
    return tag in getattr(underlay, "consumers", {})
