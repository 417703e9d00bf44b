"""A native stack as its clients see it: the folder of its `env` file, and whether it runs."""

from __future__ import annotations

import fcntl
import shlex
from pathlib import Path

#: The file that `make up` locks while it runs, and the one that keeps its ports and passwords.
LOCK, MEMORY = "lock", "stack.json"


def is_of_a_stack(env_file: Path) -> bool:
    """Whether a native stack wrote this file, or is about to."""
    folder = env_file.parent
    return env_file.name == "env" and (folder / LOCK).is_file() and (folder / MEMORY).is_file()


def stack_runs(folder: Path) -> bool:
    """Whether a native stack has this folder now: it runs, starts or stops."""
    try:
        with (folder / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def start_command(env_file: Path) -> str:
    """Return the command that starts the stack of this file, in backticks."""
    folder = env_file.parent
    return "`make up`" if folder == Path(".stack") else f"`make up STATE={shlex.quote(str(folder))}`"
