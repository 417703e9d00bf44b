"""A backup of 1,000 stored videos, and its restore on a fresh machine: other servers, ports and folders."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.archives.stored import catalog_of, store_videos
from bench.measuring import PeakResident
from dev.stack import Stack

VIDEOS, BYTES = 1_000, 1_000_000
#: Videos added between two backups.
MORE = 20

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {
    "backup_again_copied": f"{MORE}",
    "backup_violations": "0",
    "backup_different": "0",
}
MEANINGS = {
    "backup_seconds": f"fonoteca backup of {VIDEOS:,} videos of {BYTES / 1e6:g} MB into an empty folder",
    "backup_archive_mb": "size of the archive, MB",
    "backup_catalog_kb": "the catalog in it, compressed, kB",
    "backup_peak_mb": "peak resident memory of fonoteca backup, MB",
    "backup_again_seconds": f"the same again, with {MORE} more videos",
    "backup_again_copied": "objects copied then",
    "backup_check_seconds": "fonoteca backup --check of that archive",
    "backup_restore_seconds": "fonoteca restore on a fresh stack",
    "backup_restore_peak_mb": "peak resident memory of fonoteca restore, MB",
    "backup_restored": "videos there afterwards",
    "backup_different": "of them, those whose SHA-256 in the catalog has changed",
    "backup_violations": "what fonoteca audit --scrub finds there",
}


def run(stack: Stack) -> dict[str, float]:
    """Fill, back up, add some, back up again, check, restore elsewhere, audit."""
    asyncio.run(store_videos(stack.exports, range(VIDEOS), BYTES))
    folder = Path(tempfile.mkdtemp(prefix="fonoteca-bench-archive-"))
    try:
        to = ("backup", "--to", str(folder / "archive"))
        first = _Ran(stack.exports, *to)
        asyncio.run(store_videos(stack.exports, range(VIDEOS, VIDEOS + MORE), BYTES))
        second = _Ran(stack.exports, *to)
        checked = _Ran(stack.exports, *to, "--check")
        archive_bytes = sum(file.stat().st_size for file in (folder / "archive").rglob("*") if file.is_file())
        with Stack(folder / "fresh", service_names=(), say=lambda _: None) as fresh:
            restored = _Ran(fresh.exports, "restore", "--from", str(folder / "archive"))
            audited = _Ran(fresh.exports, "audit", "--scrub")
            before, after = asyncio.run(_hashes(stack.exports)), asyncio.run(_hashes(fresh.exports))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "backup_seconds": round(first.seconds, 1),
        "backup_archive_mb": round(archive_bytes / 1e6, 1),
        "backup_catalog_kb": round(second.said["catalog_bytes"] / 1e3, 1),
        "backup_peak_mb": first.peak_mb,
        "backup_again_seconds": round(second.seconds, 1),
        "backup_again_copied": second.said["copied"],
        "backup_check_seconds": round(checked.seconds, 1),
        "backup_restore_seconds": round(restored.seconds, 1),
        "backup_restore_peak_mb": restored.peak_mb,
        "backup_restored": len(after),
        "backup_different": sum(before[id_] != after.get(id_) for id_ in before),
        "backup_violations": len(audited.said["violations"]),
    }


class _Ran:
    """The --json output of a command, the time it took, and its peak resident memory in MB."""

    def __init__(self, exports: Mapping[str, str], *arguments: str) -> None:
        command = [str(Path(sys.executable).parent / "fonoteca"), *arguments, "--json"]
        began = time.perf_counter()
        with (
            subprocess.Popen(command, env={**os.environ, **exports}, stdout=subprocess.PIPE) as process,
            PeakResident(process.pid) as memory,
        ):
            said, _ = process.communicate()
        self.seconds, self.peak_mb = time.perf_counter() - began, round(memory.mb, 1)
        self.said: Any = json.loads(said)


async def _hashes(exports: Mapping[str, str]) -> dict[str, str]:
    catalog = await catalog_of(exports)
    found = {video["_id"]: video["audio"]["sha256"] async for video in catalog.videos.find({}, {"audio.sha256": 1})}
    await catalog.close()
    return found
