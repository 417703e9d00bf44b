"""Folders for the servers that a test run starts: in memory where there is room.

The servers flush every commit, and a disk that many tests share takes longer over that than the servers over the work:
deleting 3,000 documents took 18 s on a disk and 0.8 s in memory. What is in memory survives a killed server as well.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A file system in memory, on Linux.
MEMORY = Path("/dev/shm")
#: Free bytes from which it is used. The largest folder of a run held 500 MB; several processes have two or three each.
NEEDED_BYTES = 4 * 10**9
#: Seconds from which a lock that nobody holds is left over: a stack that just starts makes the file before it locks it.
LEFT_SECONDS = 60


def new_state_folder(name: str) -> Path:
    """A new empty folder, `fonoteca-<name>-…`. Whoever takes it deletes it."""
    prefix = f"fonoteca-{name}-"
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < NEEDED_BYTES:
        return Path(tempfile.mkdtemp(prefix=prefix))
    _delete_leftovers()
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY))


@contextmanager
def state_folder(name: str) -> Iterator[Path]:
    """The same, deleted at the end."""
    folder = new_state_folder(name)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _delete_leftovers() -> None:
    """Free the memory that a killed run holds: the lock of a stack in use is taken, that of an ended one is not."""
    for lock in MEMORY.glob("fonoteca-*/lock"):
        try:
            if time.time() - lock.stat().st_mtime < LEFT_SECONDS:
                continue
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue
