"""A sweep of a mirror with missing, stale and orphaned copies: does it touch exactly those, and only once?"""

from __future__ import annotations

import asyncio
from typing import Any

from bench.archives.mirrored import fill, key_of, mirror_of, put_blob, sync_run
from dev.stack import Stack

OBJECTS, MISSING, STALE, ORPHANED = 5_000, 200, 50, 20
#: Numbers of damaged copies, and of copies without an object.
MISSING_NUMBERS, STALE_NUMBERS = range(0, 25 * MISSING, 25), range(1, 100 * STALE, 100)
ORPHANED_NUMBERS = range(OBJECTS, OBJECTS + ORPHANED)

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {
    "mending_missing": f"{MISSING}",
    "mending_stale": f"{STALE}",
    "mending_orphaned": f"{ORPHANED}",
    "mending_others_touched": "0",
    "mending_again_touched": "0",
}
MEANINGS = {
    "mending_seconds": f"fonoteca sync run over {OBJECTS:,} objects, some of them damaged in the container",
    "mending_missing": "blobs it found missing",
    "mending_stale": "blobs that differed from their objects",
    "mending_orphaned": "blobs without an object, which it removed",
    "mending_others_touched": "correct blobs that were written or removed",
    "mending_again_seconds": "the same again, when all is repaired",
    "mending_again_touched": "blobs that it then writes or removes",
}

#: Name → the time of its last write.
Written = dict[str, Any]


def run(stack: Stack) -> dict[str, float]:
    """Fill both stores, spoil the container, sweep twice."""
    asyncio.run(fill(stack, range(OBJECTS)))
    asyncio.run(_spoil(stack))
    before = asyncio.run(_written(stack))
    first = sync_run(stack)
    mended = asyncio.run(_written(stack))
    second = sync_run(stack)
    after = asyncio.run(_written(stack))
    spoilt = {key_of(number) for number in (*MISSING_NUMBERS, *STALE_NUMBERS, *ORPHANED_NUMBERS)}
    if mended.keys() != {key_of(number) for number in range(OBJECTS)}:
        raise RuntimeError("after the sweep the names in the container differ from those in the bucket")
    return {
        "mending_seconds": round(first.seconds, 1),
        **{f"mending_{kind}": number for kind, number in first.touched.items()},
        "mending_others_touched": len(_touched(before, mended) - spoilt),
        "mending_again_seconds": round(second.seconds, 1),
        "mending_again_touched": len(_touched(mended, after)) + sum(second.touched.values()),
    }


async def _spoil(stack: Stack) -> None:
    async with mirror_of(stack) as blobs:
        for number in MISSING_NUMBERS:
            await blobs.delete(key_of(number))
        for number in (*STALE_NUMBERS, *ORPHANED_NUMBERS):
            await put_blob(blobs, key_of(number), b"something else")


async def _written(stack: Stack) -> Written:
    async with mirror_of(stack) as blobs:
        return {blob.name: blob.written_at async for blob in blobs.described("")}


def _touched(before: Written, after: Written) -> set[str]:
    """Return the names that were written, added or removed between two listings."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
