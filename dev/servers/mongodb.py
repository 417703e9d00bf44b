"""SecantusDB, a server of MongoDB's wire protocol. A separate process, never imported (it is GPL-2.0)."""

from __future__ import annotations

import os

from dev.install import SERVERS_BIN
from dev.processes.program import Program, answers_tcp
from dev.state import State


def mongodb(state: State) -> tuple[list[Program], dict[str, str]]:
    """Return the database, which flushes every commit to disk, and the variables that lead clients to it."""
    port = state.port("mongodb")
    command = [
        str(SERVERS_BIN / "secantusd-py"),
        *("--host", "127.0.0.1"),
        *("--port", str(port)),
        *("--storage-path", str(state.subfolder("mongodb"))),
        *("--cache-size", f"{_cache_gigabytes()}G"),
        # Nobody reads the change log. Above so many entries, every insert truncates it and scans what it truncated.
        *("--oplog-max-entries", "10000000"),
        "--sync-on-commit",
    ]
    exports = {"MONGO_URI": f"mongodb://127.0.0.1:{port}/?directConnection=true", "MONGO_DATABASE": "fonoteca"}
    return [Program("mongodb", command, answers_tcp(port))], exports


def _cache_gigabytes() -> int:
    """Return half of the memory, like MongoDB. The cache grows only with the data: 200,000 videos took about 1 GB.

    A small cache can deadlock: if changes that an open snapshot needs fill a tenth of it, a thread that holds the
    server's lock waits for room, while the holder of the snapshot waits for that lock.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(2, memory // 2**31)
