"""The state folder of one native stack: its ports, its generated credentials, its data and its `env` file."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shlex
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from dev.clean import MADE
from shared.errors import Misconfigured


class StateInUse(RuntimeError):
    """Another stack runs on this state folder."""


def port_is_free(port: int) -> bool:
    """Whether a server could bind `port` on loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port nobody listens on, chosen by the kernel."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class State:
    """One folder per stack. Ports and credentials are chosen once and kept, so that clients survive a restart.

    Raises `StateInUse` when a second stack opens the same folder, Misconfigured for one that cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        _prepare(self.folder)
        self._lock = self._take_lock()
        self._memory_file = self.folder / "stack.json"
        self._memory: dict[str, dict[str, str]] = {"ports": {}, "secrets": {}}
        if self._memory_file.exists():
            self._memory.update(_read(self._memory_file))
        self._handed_out: set[int] = set()
        #: What was done to the folder at this start that its owner should know.
        self.notes: list[str] = []

    def _take_lock(self) -> IO[str]:
        lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise StateInUse(
                f"{self.folder} is used by a running stack: stop that one, or choose another folder (STATE=…)"
            ) from error
        return lock

    def release(self) -> None:
        """Let another stack use the folder."""
        self._lock.close()

    def port(self, name: str) -> int:
        """The port called `name`: the one of the last run if it is still free, else a new one."""
        remembered = int(self._memory["ports"].get(name, "0"))
        port = remembered
        while port == 0 or port in self._handed_out or not port_is_free(port):
            port = free_port()
        self._handed_out.add(port)
        self._remember("ports", name, str(port))
        return port

    def known_port(self, name: str) -> int:
        """The port that was given out under `name` before."""
        return int(self._memory["ports"][name])

    def secret(self, name: str, length: int = 24) -> str:
        """The credential called `name`, letters and digits only, generated at the first call and kept."""
        known = self._memory["secrets"].get(name)
        if known is not None:
            return known
        alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
        fresh = "".join(secrets.choice(alphabet) for _ in range(length))
        return self.keep_secret(name, fresh)

    def keep_secret(self, name: str, value: str) -> str:
        """Keep `value` under `name` unless there is one already; returns the kept one."""
        kept = self._memory["secrets"].setdefault(name, value)
        self._save()
        return kept

    def note(self, text: str) -> None:
        """Tell the folder's owner something: whoever starts the stack shows it, and it stays in logs/stack.log."""
        self.notes.append(text)
        with self.log_file("stack").open("a") as log:
            log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n")

    def subfolder(self, name: str) -> Path:
        """`<STATE>/<name>`, made if missing, readable by its owner alone."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def log_file(self, program: str) -> Path:
        """Where `program` writes what it says."""
        return self.subfolder("logs") / f"{program}.log"

    def write_env(self, exports: dict[str, str]) -> Path:
        """Write `<STATE>/env`: shell exports for every client of the stack. Readable by its owner alone."""
        path = self.folder / "env"
        lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(exports.items())]
        write_private(path, "\n".join(lines) + "\n")
        return path

    def _remember(self, group: str, name: str, value: str) -> None:
        self._memory[group][name] = value
        self._save()

    def _save(self) -> None:
        write_private(self._memory_file, json.dumps(self._memory, indent=1, sort_keys=True))


def _prepare(folder: Path) -> None:
    """Make the folder if it is missing. Raises Misconfigured if it is none, or somebody else's."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # As a copy that was made as another user: files could not be read, or servers not write to them.
        for each in (folder, *(folder / name for name in MADE)):
            if each.exists() and not os.access(each, os.R_OK | os.W_OK | (os.X_OK if each.is_dir() else 0)):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(each))
    except OSError as error:
        user = os.geteuid()
        mine = f", or make it yours: sudo chown -R {user} {shlex.quote(str(folder))}"
        raise Misconfigured(
            f"the state folder {folder} cannot be used by user {user}: {error.strerror}: {error.filename}. Choose "
            f"another folder (STATE=…){mine if isinstance(error, PermissionError) else ''}"
        ) from error


def _read(file: Path) -> dict[str, dict[str, str]]:
    """Ports and credentials of earlier runs. Raises Misconfigured if they cannot be read."""
    try:
        known: Any = json.loads(file.read_text())
        if isinstance(known, dict) and all(isinstance(group, dict) for group in known.values()):
            return known
    except (ValueError, RecursionError):
        pass
    raise Misconfigured(
        f"{file} is damaged, as after a power cut. It holds the credentials of the servers' data beside it: take it "
        "from a copy of the folder, or choose another folder (STATE=…) and restore a backup there"
    )


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, replacing it in one step."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
