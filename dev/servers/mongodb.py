"""SecantusDB, a server of MongoDB's wire protocol: a process of its own, never imported (it is GPL-2.0)."""

from __future__ import annotations

from dev.install import SERVERS_BIN
from dev.program import Program, answers_tcp
from dev.state import State


def mongodb(state: State) -> tuple[list[Program], dict[str, str]]:
    """The database, which flushes every commit to disk, and the variables that lead clients to it."""
    port = state.port("mongodb")
    command = [
        str(SERVERS_BIN / "secantusd-py"),
        *("--host", "127.0.0.1"),
        *("--port", str(port)),
        *("--storage-path", str(state.subfolder("mongodb"))),
        # It grows no further than the data does: 200,000 videos took about 1 GB of memory.
        *("--cache-size", "2G"),
        # Nobody reads the log of changes. Beyond so many it is cut at every insert, which walks over all that was cut.
        *("--oplog-max-entries", "10000000"),
        "--sync-on-commit",
    ]
    exports = {"MONGO_URI": f"mongodb://127.0.0.1:{port}/?directConnection=true", "MONGO_DATABASE": "fonoteca"}
    return [Program("mongodb", command, answers_tcp(port))], exports
