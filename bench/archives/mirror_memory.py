"""The memory of the sync service while it mirrors objects that are much larger than its bytes in flight."""

from __future__ import annotations

import asyncio

from bench.against.mirroring import let_mirror
from bench.archives.stored import store_videos
from bench.measuring import PeakResident
from dev.stack import Stack

NUMBER, SIZE_BYTES = 20, 500 * 2**20
BUCKET = "bench-huge"

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"mirror_huge_peak_mb": "≤ 351"}
MEANINGS = {
    "mirror_huge_seconds": f"the sync service mirrors {NUMBER} objects of 500 MiB",
    "mirror_huge_idle_mb": "resident memory of the service before, MB",
    "mirror_huge_peak_mb": "its peak meanwhile, MB; the aim is three times 64 MiB in flight, and 150 MB",
}


def run(stack: Stack) -> dict[str, float]:
    """Mirror huge objects by their events. Needs 20 GB on the disk."""
    stack.exports["MINIO_BUCKET"] = BUCKET
    asyncio.run(store_videos(stack.exports, range(NUMBER), SIZE_BYTES, at_once=1))
    stack.start_services(("sync",), {"SYNC_NICENESS": "0"})
    with PeakResident(stack.programs["sync"].pid) as before:
        asyncio.run(asyncio.sleep(1))
    with PeakResident(stack.programs["sync"].pid) as memory:
        used = asyncio.run(let_mirror(stack, BUCKET, NUMBER))
    return {
        "mirror_huge_seconds": round(used.seconds, 1),
        "mirror_huge_idle_mb": round(before.mb),
        "mirror_huge_peak_mb": round(memory.mb),
    }
