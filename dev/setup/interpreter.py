"""Which Python the project is set up with. Standard library only, any Python from 3.8 on: an old one may be asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
#: Looked for in this order where `python3` is older.
NEWER = ("python3.13", "python3.12", "python3.11")
#: The variable that names another one.
VARIABLE = "BASE_PYTHON"
_TELL = "import os, sys; print(*sys.version_info[:2], os.path.realpath(sys.executable))"


def use_right_python(script: Path, venv: Path) -> None:
    """Return if this Python is the one to set up with, else let that one run the script from its beginning.

    It is the one that BASE_PYTHON names, else the one that made `venv`, else this one, else the newest there is.
    Ends with a sentence if none is new enough.
    """
    named = os.environ.get(VARIABLE)
    python = _named(named) if named else _found(venv)
    if os.path.realpath(sys.executable) != python:
        os.execv(python, [python, str(script), *sys.argv[1:]])


def _named(python: str) -> str:
    told = ask(python)
    if told is None:
        sys.exit(f"install: {VARIABLE}={python} does not lead to a Python that starts.")
    if told[0] < OLDEST:
        sys.exit(f"install: {VARIABLE}={python} is Python {_text(told[0])}; Fonoteca needs {_text(OLDEST)} or newer.")
    return told[1]


def _found(venv: Path) -> str:
    candidates = [*_maker(venv), sys.executable, *NEWER]
    for told in map(ask, candidates):
        if told is not None and told[0] >= OLDEST:
            return told[1]
    sys.exit(
        f"install: Fonoteca needs Python {_text(OLDEST)} or newer. {sys.executable} is {_text(sys.version_info[:2])}, "
        f"and there is none of {', '.join(NEWER)} in the PATH.\n"
        "Install one of them with its venv module (on Ubuntu 22.04: sudo apt-get install python3.11 python3.11-venv), "
        f"or name one that lies elsewhere: make setup {VARIABLE}=/path/to/python3.12"
    )


def _maker(venv: Path) -> list[str]:
    """The Python that made a virtual environment: what was set up with another than `python3` stays with it."""
    try:
        lines = (venv / "pyvenv.cfg").read_text().splitlines()
    except (OSError, ValueError):
        return []
    return [value.strip() for key, _, value in (line.partition("=") for line in lines) if key.strip() == "executable"]


def ask(python: str) -> tuple[tuple[int, int], str] | None:
    """A Python's version and the file that really runs; None if there is none, or it does not start."""
    path = shutil.which(python)
    if path is None:
        return None
    try:
        done = subprocess.run(  # noqa: PLW1510
            [path, "-c", _TELL], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        major, minor, executable = done.stdout.decode().strip().split(" ", 2)
        return (int(major), int(minor)), executable
    except (OSError, ValueError):
        return None


def _text(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
