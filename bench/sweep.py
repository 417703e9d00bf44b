"""A sweep of the mirror over many objects: how long, and does its memory grow with their number?"""

from __future__ import annotations

import asyncio

from bench.mirrored import Swept, fill, sync_run
from dev.stack import Stack

#: Objects in both stores at the first sweep, and at the second.
FEW, MANY = 10_000, 100_000

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"sweep_memory_growth_percent": "≤ 10"}
MEANINGS = {
    "sweep_few_seconds": f"fonoteca sync run over {FEW:,} objects, none of which differs",
    "sweep_few_peak_mb": "its most resident memory, MB",
    "sweep_many_seconds": f"the same over {MANY:,} objects",
    "sweep_many_peak_mb": "its most resident memory, MB",
    "sweep_memory_growth_percent": f"growth of it from {FEW:,} to {MANY:,} objects",
}


def run(stack: Stack) -> dict[str, float]:
    """Fill both stores in two steps, and sweep after each."""
    few = _swept(stack, range(FEW), FEW)
    many = _swept(stack, range(FEW, MANY), MANY)
    return {
        "sweep_few_seconds": round(few.seconds, 1),
        "sweep_few_peak_mb": round(few.peak_mb, 1),
        "sweep_many_seconds": round(many.seconds, 1),
        "sweep_many_peak_mb": round(many.peak_mb, 1),
        "sweep_memory_growth_percent": round(100 * (many.peak_mb / few.peak_mb - 1), 1),
    }


def _swept(stack: Stack, numbers: range, expected: int) -> Swept:
    asyncio.run(fill(stack, numbers))
    swept = sync_run(stack)
    if swept.said["compared"] != expected or any(swept.touched.values()):
        raise RuntimeError(f"the sweep saw something else than {expected} equal objects: {swept.said}")
    return swept
