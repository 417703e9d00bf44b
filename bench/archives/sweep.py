"""A sweep of the mirror over many objects: how long does it take, and does its memory grow with their number?

Most of the objects have no copy, and the sweep changes nothing: Azurite becomes slower with the number of blobs, so a
hundred thousand copies would take hours.
"""

from __future__ import annotations

import asyncio

from bench.archives.mirrored import Swept, fill, sync_run
from dev.stack import Stack

#: Objects in both stores at the first sweep, and in the bucket at the second.
FEW, MANY = 10_000, 100_000

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"sweep_memory_growth_percent": "≤ 10"}
MEANINGS = {
    "sweep_few_seconds": f"fonoteca sync run --dry-run over {FEW:,} objects, all of them mirrored",
    "sweep_few_peak_mb": "its most resident memory, MB",
    "sweep_many_seconds": f"the same over {MANY:,} objects, {FEW:,} of them mirrored",
    "sweep_many_peak_mb": "its most resident memory, MB",
    "sweep_memory_growth_percent": f"its growth from {FEW:,} to {MANY:,} objects",
}


def run(stack: Stack) -> dict[str, float]:
    """Fill the stores in two steps, and sweep after each."""
    asyncio.run(fill(stack, range(FEW)))
    few = _swept(stack, FEW)
    asyncio.run(fill(stack, range(FEW, MANY), mirrored=False))
    many = _swept(stack, MANY)
    return {
        "sweep_few_seconds": round(few.seconds, 1),
        "sweep_few_peak_mb": round(few.peak_mb, 1),
        "sweep_many_seconds": round(many.seconds, 1),
        "sweep_many_peak_mb": round(many.peak_mb, 1),
        "sweep_memory_growth_percent": round(100 * (many.peak_mb / few.peak_mb - 1), 1),
    }


def _swept(stack: Stack, objects: int) -> Swept:
    swept = sync_run(stack, "--dry-run")
    expected = {"missing": objects - FEW, "stale": 0, "orphaned": 0}
    if swept.said["compared"] != objects or swept.touched != expected:
        raise RuntimeError(f"the sweep of {objects} objects reported other counts than expected: {swept.said}")
    return swept
