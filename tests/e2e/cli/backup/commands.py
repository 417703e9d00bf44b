"""Run the backup commands against a given set of servers, also killed in the middle, and read what is stored there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bench.archives.stored import catalog_of, store_of
from cli.audit.copies import hash_of_object
from cli.main import main
from dev.stack import Stack
from shared import logs

VIDEOS, BYTES = 24, 30_000
Exports = Mapping[str, str]
#: A lost time, as long as an outage: what was queued then is in no queue of today.
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
#: Runs the command, and kills it as `kill -9` does when a function is called for the n-th time.
KILLED = """
import importlib, itertools, os, signal, sys
(module, _, name), number = sys.argv[1].rpartition("."), int(sys.argv[2])
target = importlib.import_module(module)
really, calls = getattr(target, name), itertools.count(1)
def counted(*given, **named):
    if next(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return really(*given, **named)
setattr(target, name, counted)
sys.argv = ["fonoteca", *sys.argv[3:]]
from cli.main import main
main()
"""


def environment(exports: Exports) -> dict[str, str]:
    """That of somebody who knows only these servers."""
    mine = ("API_", "MONGO_", "MINIO_", "AZURE_", "RABBITMQ_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return {**clean, **exports, "COLUMNS": "200"}


def run(exports: Exports, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command, in this process: to start one each time would take longer than all they do."""
    output, errors, code = io.StringIO(), io.StringIO(), 0
    mask = os.umask(0o022)
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        for name in {*os.environ} - {*environment(exports)}:
            patch.delenv(name)
        for name, value in environment(exports).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["fonoteca", *arguments])
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os.umask(mask)
            logs.configure("tests", "text", "warning")
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())


def said(exports: Exports, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What a command says with --json."""
    done = run(exports, *arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def killed(exports: Exports, function: str, number: int, *arguments: str) -> None:
    """Run a command that is killed in the middle."""
    command = [sys.executable, "-c", KILLED, function, str(number), *arguments]
    done = subprocess.run(command, env=environment(exports), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == -9, done.stdout + done.stderr


def own_place(servers: Stack) -> dict[str, str]:
    """A database, a bucket and no mirror, on the servers of this run."""
    name = f"backup-{uuid.uuid4().hex[:12]}"
    wanted = {n: v for n, v in servers.exports.items() if n.startswith(("MONGO_", "MINIO_", "RABBITMQ_"))}
    return {**wanted, "MONGO_DATABASE": name, "MINIO_BUCKET": name}


def documents(exports: Exports, collection: str = "videos") -> dict[str, Any]:
    """A collection by ids."""

    async def read() -> dict[str, Any]:
        catalog = await catalog_of(exports)
        found = catalog.collection_as_it_is(collection).find({})
        try:
            return {document["_id"]: document async for document in found}
        finally:
            await catalog.close()

    return asyncio.run(read())


def hashes(exports: Exports) -> dict[str, str]:
    """Key → SHA-256 of the bytes in the bucket."""

    async def read() -> dict[str, str]:
        store = store_of(exports)
        keys = [key async for batch in store.keys("audio/", 500) for key in batch]
        found = {key: await hash_of_object(store, key) for key in keys}
        return {key: content.sha256 for key, content in found.items() if content is not None}

    return asyncio.run(read())


def rewrite(folder: Path, **changes: Any) -> None:
    """A manifest with other values, signed like one."""
    from cli.backup.manifest import _digest

    fields = json.loads((folder / "manifest.json").read_text())
    fields = {**fields, **changes}
    fields.pop("sha256")
    (folder / "manifest.json").write_text(json.dumps({**fields, "sha256": _digest(fields)}))
