"""SecantusDB, a server of MongoDB's wire protocol: a process of its own, never imported (it is GPL-2.0)."""

from __future__ import annotations

import os

from dev.install import SERVERS_BIN
from dev.processes.program import Program, answers_tcp
from dev.state import State


def mongodb(state: State) -> tuple[list[Program], dict[str, str]]:
    """The database, which flushes every commit to disk, and the variables that lead clients to it."""
    port = state.port("mongodb")
    command = [
        str(SERVERS_BIN / "secantusd-py"),
        *("--host", "127.0.0.1"),
        *("--port", str(port)),
        *("--storage-path", str(state.subfolder("mongodb"))),
        *("--cache-size", f"{_cache_gigabytes()}G"),
        # Nobody reads the log of changes. Beyond so many it is cut at every insert, which walks over all that was cut.
        *("--oplog-max-entries", "10000000"),
        "--sync-on-commit",
    ]
    exports = {"MONGO_URI": f"mongodb://127.0.0.1:{port}/?directConnection=true", "MONGO_DATABASE": "fonoteca"}
    return [Program("mongodb", command, answers_tcp(port))], exports


def _cache_gigabytes() -> int:
    """Half of the memory, as MongoDB takes; it grows no further than the data: 200,000 videos took about 1 GB.

    A small one is dangerous: when a tenth of it are changes that an open snapshot still needs, a thread that holds the
    server's lock waits for room, and whoever holds the snapshot waits for that lock, for ever.
    """
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(2, memory // 2**31)
