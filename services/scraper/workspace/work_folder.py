"""The folder for media in work. It is empty after every video, even if a scraper was killed."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import stat
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from shared.errors import Misconfigured
from shared.logs import logger

log = logger(__name__)

#: Bytes of one block, in which POSIX counts the size of a file on disk.
BLOCK_BYTES = 512


class WorkFolder:
    """A folder of this process alone, marked by a lock. Folders of processes that died are removed at the start."""

    def __init__(self, parent: Path, free_bytes: int, limit_bytes: int = 0) -> None:
        """Create the folder below `parent`. Raises Misconfigured if that is not possible.

        `free_bytes`: must be free there for work to begin. `limit_bytes`: may be used below `parent` altogether, if
        that is less than its disk has; 0: no limit.
        """
        self._limit_bytes = limit_bytes
        self.wanted_bytes = free_bytes
        self._parent = parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
            self._remove_orphans(parent)
            self.path = parent / f"scraper-{uuid.uuid4().hex[:12]}"
            self.path.mkdir(mode=0o700)
        except OSError as error:
            raise Misconfigured(
                f"SCRAPER_WORK_FOLDER {parent} cannot be used: {error}. Name a folder that may be written."
            ) from error
        self._lock = (self.path / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    @staticmethod
    def _remove_orphans(parent: Path) -> None:
        for folder in parent.glob("scraper-*"):
            try:
                with (folder / "lock").open("a") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            except BlockingIOError:
                continue  # Its scraper is alive.
            except FileNotFoundError:
                continue  # It is being created, or removed by another scraper.
            log.info("work_folder.orphan_removed", folder=folder.name)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[Path]:
        """Create a folder for one video; it is removed when the block ends."""
        folder = self.path / uuid.uuid4().hex
        folder.mkdir()
        try:
            yield folder
        finally:
            # Not in a thread: it must happen even while this task is being cancelled.
            shutil.rmtree(folder, ignore_errors=True)

    def too_full(self) -> bool:
        """Whether something other than our work leaves too little space for a video."""
        return self.capacity_bytes() < self.wanted_bytes

    def capacity_bytes(self) -> int:
        """Bytes on its disk for the work of all scrapers there: free bytes, and those that scrapers use."""
        ours = sum(map(bytes_in, self._parent.glob("scraper-*")))
        capacity = shutil.disk_usage(self.path).free + ours
        if self._limit_bytes:
            of_others = bytes_in(self._parent) - ours
            capacity = min(capacity, max(0, self._limit_bytes - of_others))
        return capacity

    def free_bytes(self) -> int:
        """Free bytes on its disk, or below the limit of its volume, whichever is less."""
        free = shutil.disk_usage(self.path).free
        if self._limit_bytes:
            free = min(free, max(0, self._limit_bytes - bytes_in(self._parent)))
        return free

    async def close(self) -> None:
        """Remove the folder."""
        await asyncio.to_thread(shutil.rmtree, self.path, True)
        self._lock.close()


def bytes_in(folder: Path) -> int:
    """Bytes of disk that the files below a folder use. Files may come and go during the count."""
    taken = 0
    for inner, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                found = os.lstat(os.path.join(inner, name))
                # Blocks count what is used: a file with holes uses less than its length.
                taken += found.st_blocks * BLOCK_BYTES if stat.S_ISREG(found.st_mode) else 0
    return taken
