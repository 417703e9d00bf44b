"""Renews leases while work runs under them, and gives them back if the work does not finish."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from shared.errors import CatalogError, FonotecaError
from shared.logs import logger

log = logger(__name__)

#: Seconds that giving a lease back may take, as during a shutdown.
RELEASE_SECONDS = 5


class LeaseLost(FonotecaError):
    """Another scraper may work on the same item now, so the result of this one must not be kept."""


@dataclass(frozen=True)
class LeaseTerms:
    """Who holds the leases of this process, and how long they last."""

    owner: str
    #: Seconds for which a lease lasts unless it is renewed.
    seconds: float


@asynccontextmanager
async def kept_alive(what: str, renew: Callable[[], Awaitable[bool]], lease_seconds: float) -> AsyncIterator[None]:
    """Renew a lease after each third of its time while the block runs.

    `renew` returns False if the lease is lost. Then the block is cancelled and LeaseLost is raised in its place.
    """
    task = asyncio.current_task()
    assert task is not None
    lost = asyncio.Event()
    done = False

    async def renewing() -> None:
        expires = time.monotonic() + lease_seconds
        # By our own clock too: while the database is away, nobody can report that another scraper took over.
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


class ReleasedOnError:
    """A context manager that gives a lease back if its block raises anything but LeaseLost; the error passes.

    It also does so while the task is being cancelled. Without a database, the lease expires by itself.
    """

    def __init__(self, release: Callable[[BaseException], Coroutine[Any, Any, object]]) -> None:
        """`release` gives the lease back; it receives the error that ended the block."""
        self._release = release
        self._kept = False

    def keep(self) -> None:
        """Do not give the lease back, whatever the block raises: the work under it has ended."""
        self._kept = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None or self._kept or isinstance(error, LeaseLost):
            return
        with suppress(CatalogError, TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(self._release(error))), RELEASE_SECONDS)
