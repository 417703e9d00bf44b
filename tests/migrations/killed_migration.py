"""A migration that ends itself with SIGKILL after so many batches of two documents. For a test.

python -m tests.migrations.killed_migration BATCHES
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys

from shared.catalog.connection import open_catalog
from shared.catalog.migrations import running, step, to_version_1
from shared.settings import MongoSettings, load

TOLD = itertools.count(1)


def tell(report: running.StepReport) -> None:
    if report.done and next(TOLD) == int(sys.argv[1]):
        print(f"killed in {report.step} after {report.done} of {report.pending}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    catalog = await open_catalog(load(MongoSettings), "tests", 10)
    await running.migrate(catalog, "killed", dry_run=False, if_older=False, progress=tell)


if __name__ == "__main__":
    for module in (step, to_version_1):
        vars(module).update(BATCH=2)
    # Nobody should have to wait for one that is known to be dead.
    running.LOCK_SECONDS = 1
    asyncio.run(main())
