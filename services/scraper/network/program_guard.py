"""In a worker process: no program is started but those that the engines need.

What a program asks for itself stands behind no guard of the network. Python tells of every start before it happens,
whoever asks for it, and that telling cannot be turned off again.
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

#: Events of Python by which a program is started, and where in each the program and its arguments stand.
_STARTS = {
    "subprocess.Popen": (0, 1),
    "os.exec": (0, 1),
    "os.posix_spawn": (0, 1),
    "os.spawn": (1, 2),
    "os.system": (0, 0),
    "pty.spawn": (0, 0),
}
#: What may be started with our Python: a module behind the guard of the network.
GUARDED = ("-m", "services.scraper.network.guarded_program")

#: Real paths of the programs that may be started besides.
_meant: set[str] = set()


class ProgramRefused(PermissionError):
    """A program that was not started. For yt-dlp it is one that is not there."""

    def __init__(self, program: str) -> None:
        super().__init__(errno.EACCES, "a worker starts no such program", program)


def allow_engines_only(*, deno: bool = True) -> None:
    """Install the guard in this process, for good. `deno`: whether yt-dlp's JavaScript runtime may be started."""
    _meant.update(_paths_of_deno() if deno else ())
    _install()


@cache
def _install() -> None:
    """Once in a process: a hook that is added again is asked again."""
    sys.addaudithook(_look)


def _paths_of_deno() -> frozenset[str]:
    """Where yt-dlp looks for it: the path, and beside Python."""
    folders = (None, str(Path(sys.executable).parent))
    found = (shutil.which("deno", path=folder) for folder in folders)
    return frozenset(os.path.realpath(path) for path in found if path is not None)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if (places := _STARTS.get(event)) is None:
        return
    program, rest = (arguments[place] for place in places)
    if not _is_meant(os.fsdecode(program), rest):
        raise ProgramRefused(os.fsdecode(program))


def _is_meant(program: str, arguments: object) -> bool:
    if not isinstance(arguments, Sequence) or isinstance(arguments, str | bytes):
        return False
    if program == sys.executable:
        return tuple(arguments[1:3]) == GUARDED
    found = shutil.which(program)
    return found is not None and os.path.realpath(found) in _meant
