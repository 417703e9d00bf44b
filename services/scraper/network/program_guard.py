"""Lets a worker process start only the programs that the engines need.

Programs bypass the network guard. Python raises an audit event before every start, whoever requests it, and an audit
hook cannot be removed.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

#: Audit event of a start → the positions of the program and of its arguments in the event.
STARTS = {
    "subprocess.Popen": (0, 1),
    "os.exec": (0, 1),
    "os.posix_spawn": (0, 1),
    "os.spawn": (1, 2),
    "os.system": (0, 0),
    "pty.spawn": (0, 0),
}
#: Arguments with which our own Python may be started: a module behind the network guard.
GUARDED = ("-m", "services.scraper.network.guarded_program")

#: Real paths of the other programs that may be started.
_allowed: set[str] = set()


class ProgramRefused(PermissionError):
    """The start of a program was refused. yt-dlp treats it as a missing program."""

    def __init__(self, program: str) -> None:
        super().__init__(errno.EACCES, "a worker may not start this program", program)


def allow_engines_only(*, deno: bool = True) -> None:
    """Install the guard in this process, permanently. `deno`: whether yt-dlp's JavaScript runtime may be started."""
    _allowed.update(_paths_of_deno() if deno else ())
    _install()


@cache
def _install() -> None:
    """Install the hook once per process: a hook that is added twice runs twice."""
    sys.addaudithook(_check)


def _paths_of_deno() -> frozenset[str]:
    """Return the paths where yt-dlp finds deno: in PATH, and in the folder of Python."""
    folders = (None, str(Path(sys.executable).parent))
    found = (shutil.which("deno", path=folder) for folder in folders)
    return frozenset(os.path.realpath(path) for path in found if path is not None)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if (places := STARTS.get(event)) is None:
        return
    program, rest = (arguments[place] for place in places)
    if not _is_allowed(os.fsdecode(program), rest):
        raise ProgramRefused(os.fsdecode(program))


def _is_allowed(program: str, arguments: object) -> bool:
    if not isinstance(arguments, Sequence) or isinstance(arguments, str | bytes):
        return False
    if program == sys.executable:
        return tuple(arguments[1:3]) == GUARDED
    found = shutil.which(program)
    return found is not None and os.path.realpath(found) in _allowed
