"""Keeps the lease on a video alive while an attempt runs, and stops the attempt when the lease is lost."""

from __future__ import annotations

import asyncio
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

    async def renewing() -> None:
        while True:
            await asyncio.sleep(lease_seconds / 3)
            try:
                if await renew(catalog, claim.video["_id"], claim.token, lease_seconds):
                    continue
            except CATALOG_ERRORS as error:
                # The lease itself tells the others when to take over; until then work goes on.
                log.warning("lease.not_renewed", video_id=claim.video["_id"], error=str(error))
                continue
            lost.set()
            task.cancel()
            return

    renewal = asyncio.create_task(renewing())
    try:
        yield
    except asyncio.CancelledError:
        if lost.is_set() and task.uncancel() == 0:
            raise LeaseLost(claim.video["_id"]) from None
        raise
    finally:
        renewal.cancel()
