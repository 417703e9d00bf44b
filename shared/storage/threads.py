"""Runs the blocking calls of a client in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(call: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run a blocking call in a thread. If this is cancelled, it first waits for the call's end.

    A thread cannot be stopped: until its end it holds the memory, may overwrite what a later call writes, and would
    block whoever closes what it reads.
    """
    running = asyncio.ensure_future(asyncio.to_thread(call, *arguments, **named))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.gather(running, return_exceptions=True)
        raise
