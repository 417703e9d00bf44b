"""Keeps the lease on a video alive while an attempt runs, and stops the attempt when the lease is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.catalog.connection import CATALOG_ERRORS, Catalog
from shared.catalog.transitions import Claim, renew
from shared.logs import logger

log = logger(__name__)


class LeaseLost(Exception):
    """Another scraper may work on the video now; what this one made of it must not be kept."""


@asynccontextmanager
async def kept_alive(catalog: Catalog, claim: Claim, lease_seconds: float) -> AsyncIterator[None]:
    """Renew the claim's lease every third of its time while the block runs. Raises LeaseLost in its place."""
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
                if not await renew(catalog, claim.video["_id"], claim.token, lease_seconds):
                    break
                expires = asked + lease_seconds
            except CATALOG_ERRORS as error:
                log.warning("lease.not_renewed", video_id=claim.video["_id"], error=str(error))
        if not done:
            lost.set()
            task.cancel()

    renewal = asyncio.create_task(renewing())
    try:
        yield
    except asyncio.CancelledError:
        if lost.is_set() and task.uncancel() == 0:
            raise LeaseLost(claim.video["_id"]) from None
        raise
    finally:
        done = True
        renewal.cancel()
