"""Migrates a catalog: one program at a time, a step after the other, from wherever the last one was interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from shared.catalog.connection import Catalog
from shared.catalog.delivery.overdue import acquire_lock
from shared.catalog.migrations import MIGRATIONS
from shared.catalog.migrations.step import Step
from shared.catalog.schema import CURRENT, note_step, note_version, noted, refuse_newer, version_of
from shared.errors import CatalogError, Unavailable

#: Seconds for which a program may migrate without saying that it still does. One that died is waited for so long.
LOCK_SECONDS = 15
_RENEW_SECONDS = 4
_LOCK = "migrate"


@dataclass
class StepReport:
    """What a step has done, or would do."""

    to_version: int
    step: str
    what: str
    #: Documents, or indexes, that needed it before.
    pending: int
    done: int = 0


@dataclass
class MigrationReport:
    """What a migration has done, or would do."""

    database: str
    dry_run: bool
    #: The catalog's version before and after; 0: it notes none.
    before: int
    after: int
    #: The version of this program.
    current: int = CURRENT
    #: Where the migration before this one was interrupted: a step's name; None: it was not.
    interrupted_in: str | None = None
    #: Steps that found something to do.
    steps: list[StepReport] = field(default_factory=list)


#: Told after each batch.
Progress = Callable[[StepReport], None]


async def migrate(
    catalog: Catalog,
    owner: str,
    *,
    dry_run: bool,
    if_older: bool,
    progress: Progress = lambda _report: None,
    waiting: Callable[[], None] = lambda: None,
) -> MigrationReport:
    """Bring a catalog to the version of this code, and mend documents of a former shape in one that has it.

    `owner`: names this program among others. `dry_run`: only count. `if_older`: leave a catalog of this version alone.
    `waiting`: called once if somebody else migrates it, or was killed a moment ago.
    Raises Misconfigured for a newer catalog, Unavailable if somebody else migrates it for too long.
    """
    before = await version_of(catalog)
    refuse_newer(catalog, before)
    known = await noted(catalog)
    report = MigrationReport(catalog.name, dry_run, before, before)
    if known is not None and (under_way := known.get("under_way")) is not None:
        report.interrupted_in = under_way["step"]
    if if_older and before == CURRENT:
        return report
    if dry_run:
        report.steps = [found async for found in _pending(catalog)]
        return report
    async with _lock(catalog, owner, waiting):
        for version, steps in MIGRATIONS.items():
            for step in steps:
                await _take(catalog, version, step, report, progress)
            if version > before:
                await note_version(catalog, version)
        await catalog.ensure_indexes()
    report.after = await version_of(catalog)
    return report


async def _pending(catalog: Catalog) -> AsyncIterator[StepReport]:
    for version, steps in MIGRATIONS.items():
        for step in steps:
            if number := await step.pending(catalog):
                yield StepReport(version, step.name, step.what, number)


async def _take(catalog: Catalog, version: int, step: Step, report: MigrationReport, progress: Progress) -> None:
    number = await step.pending(catalog)
    if not number:
        return
    taken = StepReport(version, step.name, step.what, number)
    report.steps.append(taken)
    if report.before < CURRENT:
        await note_step(catalog, version, step.name)
    progress(taken)
    async for done in step.run(catalog):
        taken.done += done
        progress(taken)


@asynccontextmanager
async def _lock(catalog: Catalog, owner: str, waiting: Callable[[], None]) -> AsyncIterator[None]:
    """Be the only one that migrates. One that lost the lock while it stood still does no harm: see `step.write`."""
    for number in range(LOCK_SECONDS * 4):
        if await acquire_lock(catalog, _LOCK, owner, LOCK_SECONDS):
            break
        if number == 0:
            waiting()
        await asyncio.sleep(1)
    else:
        raise Unavailable(f"Somebody else migrates the catalog {catalog.name}. Wait for its end, then look again")
    renewing = asyncio.create_task(_renew(catalog, owner))
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await acquire_lock(catalog, _LOCK, owner, 0)


async def _renew(catalog: Catalog, owner: str) -> None:
    while True:
        await asyncio.sleep(_RENEW_SECONDS)
        with suppress(CatalogError):
            await acquire_lock(catalog, _LOCK, owner, LOCK_SECONDS)
