"""Where media lies while it is worked on. Empty after every video, also when a scraper was killed."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.errors import Misconfigured
from shared.logs import logger

log = logger(__name__)


class WorkFolder:
    """A folder of this process alone, marked by a lock. Folders whose owner died are removed at the start."""

    def __init__(self, parent: Path, free_bytes: int) -> None:
        """`free_bytes`: what must be free there for work to begin. Raises Misconfigured."""
        self._wanted_bytes = free_bytes
        #: Videos that have a folder now.
        self.in_use = 0
        try:
            parent.mkdir(parents=True, exist_ok=True)
            self._remove_orphans(parent)
            self.path = parent / f"scraper-{uuid.uuid4().hex[:12]}"
            self.path.mkdir(mode=0o700)
        except OSError as error:
            raise Misconfigured(f"SCRAPER_WORK_FOLDER {parent} cannot be used: {error}") from error
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
                continue  # Its scraper lives.
            except FileNotFoundError:
                continue  # Being made, or being removed by another scraper.
            log.info("work_folder.orphan_removed", folder=folder.name)

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[Path]:
        """A fresh folder for one video; gone afterwards."""
        folder = self.path / uuid.uuid4().hex
        folder.mkdir()
        self.in_use += 1
        try:
            yield folder
        finally:
            # Not in a thread: it must happen even while this task is being cancelled.
            shutil.rmtree(folder, ignore_errors=True)
            self.in_use -= 1

    def too_full(self) -> bool:
        """Whether there is too little room to begin with another video."""
        return self.free_bytes() < self._wanted_bytes

    def free_bytes(self) -> int:
        """Room left on its disk."""
        return shutil.disk_usage(self.path).free

    async def close(self) -> None:
        """Remove the folder."""
        await asyncio.to_thread(shutil.rmtree, self.path, True)
        self._lock.close()
