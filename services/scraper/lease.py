"""Keeps a lease alive while work goes on under it, and stops the work when the lease is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from shared.errors import CatalogError
from shared.logs import logger

log = logger(__name__)


class LeaseLost(Exception):
    """Another scraper may work on the same thing now; what this one made of it must not be kept."""


@asynccontextmanager
async def kept_alive(what: str, renew: Callable[[], Awaitable[bool]], lease_seconds: float) -> AsyncIterator[None]:
    """Renew a lease every third of its time while the block runs. Raises LeaseLost in its place.

    `renew` returns False if the lease is lost.
    """
    task = asyncio.current_task()
    assert task is not None
    lost = asyncio.Event()
    done = False

    async def renewing() -> None:
        expires = time.monotonic() + lease_seconds
        # By our own clock too: while the database is away, others cannot tell us that they took over.
        while time.monotonic() < expires:
            await asyncio.sleep(lease_seconds / 3)
            asked = time.monotonic()
            try:
                if not await renew():
                    break
                expires = asked + lease_seconds
            except CatalogError as error:
                log.warning("lease.not_renewed", what=what, error=str(error))
        if not done:
            lost.set()
            task.cancel()

    renewal = asyncio.create_task(renewing())
    try:
        yield
    except asyncio.CancelledError:
        if lost.is_set() and task.uncancel() == 0:
            raise LeaseLost(what) from None
        raise
    finally:
        done = True
        renewal.cancel()
