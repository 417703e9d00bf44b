"""The state folder of one native stack: its ports, generated credentials, data and `env` file."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import shlex
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from dev.clean import MADE
from dev.ports import HeldPort, hold_free_port, hold_if_free
from shared.crash_report import disk_problem


class StateInUse(RuntimeError):
    """Another stack runs on this state folder."""


class StateUnusable(RuntimeError):
    """The state folder cannot be created, read or written; the text says why, and what to do."""


class State:
    """The folder of one stack. Ports and credentials are chosen once and kept, so that clients survive a restart.

    Raises `StateInUse` when a second stack opens the same folder, `StateUnusable` if the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._memory: dict[str, dict[str, str]] = {"ports": {}, "secrets": {}}
        try:
            self.folder = folder.resolve()
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _need_access(self.folder)
            with ExitStack() as undo:
                self._lock = undo.enter_context(self._take_lock())
                self._memory_file = self.folder / "stack.json"
                if self._memory_file.exists():
                    self._memory.update(_read(self._memory_file))
                undo.pop_all()
        except (OSError, ValueError) as error:
            raise StateUnusable(_why_unusable(folder, error)) from error
        self._held: list[HeldPort] = []
        #: Notes for the owner about changes of the folder at this start.
        self.notes: list[str] = []

    def _take_lock(self) -> IO[str]:
        lock = (self.folder / "lock").open("w")
        for wait in (0.05, 0.1, 0.2, None):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                # A command that checks whether a stack runs holds the lock for a moment (cli/api/stack_state.py).
                if wait is not None:
                    time.sleep(wait)
                    continue
                lock.close()
                raise StateInUse(
                    f"{self.folder} is used by a running stack: stop that one, or choose another folder (STATE=…)"
                ) from error
            break
        return lock

    def release(self) -> None:
        """Leave the ports to others, then unlock the folder: who opens it next gets the same ones."""
        for held in self._held:
            held.release()
        self._lock.close()

    def port(self, name: str) -> int:
        """Return the port called `name`, held until `release`: that of the last run if free, else a new one."""
        remembered = self._memory["ports"].get(name)
        held = (hold_if_free(int(remembered)) if remembered else None) or hold_free_port()
        self._held.append(held)
        self._remember("ports", name, str(held.number))
        return held.number

    def known_port(self, name: str) -> int:
        """Return the port that was assigned to `name` before."""
        return int(self._memory["ports"][name])

    def secret(self, name: str, length: int = 24) -> str:
        """Return the credential called `name`: letters and digits only, generated at the first call and kept."""
        known = self._memory["secrets"].get(name)
        if known is not None:
            return known
        alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
        fresh = "".join(secrets.choice(alphabet) for _ in range(length))
        return self.keep_secret(name, fresh)

    def keep_secret(self, name: str, value: str) -> str:
        """Keep `value` under `name` unless there is one already. Returns the kept one."""
        kept = self._memory["secrets"].setdefault(name, value)
        self._save()
        return kept

    def note(self, text: str) -> None:
        """Add a note for the folder's owner: it is printed at the start, and kept in logs/stack.log."""
        self.notes.append(text)
        with self.log_file("stack").open("a") as log:
            log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}\n")

    def subfolder(self, name: str) -> Path:
        """Return `<STATE>/<name>`, created if missing, and accessible only to its owner."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path

    def log_file(self, program: str) -> Path:
        """Return the path of a program's log."""
        return self.subfolder("logs") / f"{program}.log"

    def write_env(self, exports: dict[str, str]) -> Path:
        """Write `<STATE>/env`: shell exports for every client of the stack. Only its owner can read it."""
        path = self.folder / "env"
        lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(exports.items())]
        write_private(path, "\n".join(lines) + "\n")
        return path

    def _remember(self, group: str, name: str, value: str) -> None:
        self._memory[group][name] = value
        self._save()

    def _save(self) -> None:
        write_private(self._memory_file, json.dumps(self._memory, indent=1, sort_keys=True))


def _need_access(folder: Path) -> None:
    """Raise PermissionError for a folder of another user's stack, where the servers could not write."""
    for each in (folder, *(folder / name for name in MADE)):
        if each.exists() and not os.access(each, os.R_OK | os.W_OK | (os.X_OK if each.is_dir() else 0)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(each))


def _read(file: Path) -> dict[str, dict[str, str]]:
    """Return the ports and credentials of earlier runs. Raises ValueError if the file is damaged."""
    text = file.read_text()
    try:
        known: Any = json.loads(text)
    except RecursionError as error:
        raise json.JSONDecodeError("it goes too deep", text, 0) from error
    if not isinstance(known, dict) or not all(isinstance(group, dict) for group in known.values()):
        raise json.JSONDecodeError("no ports and passwords", text, 0)
    return known


def _why_unusable(folder: Path, error: Exception) -> str:
    """Return a sentence: why a folder cannot be used for a stack, and what to do."""
    if isinstance(error, json.JSONDecodeError):
        return (
            f"{folder}/stack.json, which keeps the ports and passwords of this stack, is damaged ({error}). Restore it "
            "from a copy: without it the data in the folder cannot be opened. Or choose an empty folder (STATE=…)."
        )
    if isinstance(error, FileExistsError | NotADirectoryError):
        return f"{folder} cannot be the folder of a stack: a file is in its place. Choose another folder (STATE=…)."
    if isinstance(error, OSError) and (told := disk_problem(error)) is not None:
        return f"{told} The folder is chosen with STATE=…, here {folder}."
    why = getattr(error, "strerror", None) or error
    return f"{folder} cannot be the folder of a stack: {why}. Choose another folder (STATE=…)."


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, and replace it in one step. Raises OSError with its name."""
    fresh = path.with_name(path.name + ".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
