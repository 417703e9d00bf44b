"""Chooses the Python that sets up the project. Standard library only; it must run on an old Python, from 3.8 on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
#: Searched in this order if `python3` is older.
NEWER = ("python3.13", "python3.12", "python3.11")
#: The variable that names another interpreter.
VARIABLE = "BASE_PYTHON"
_TELL = "import os, sys; print(*sys.version_info[:2], os.path.realpath(sys.executable))"


def use_right_python(script: Path, venv: Path) -> None:
    """Return if this Python is the right one; otherwise run the script again with the right one.

    It is the one that BASE_PYTHON names, else the one that created `venv`, else this one, else the newest in the PATH.
    Exits with a sentence if none is new enough.
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
    """Return the Python that created a virtual environment, so that a set-up with another than `python3` keeps it."""
    try:
        lines = (venv / "pyvenv.cfg").read_text().splitlines()
    except (OSError, ValueError):
        return []
    return [value.strip() for key, _, value in (line.partition("=") for line in lines) if key.strip() == "executable"]


def ask(python: str) -> tuple[tuple[int, int], str] | None:
    """Return a Python's version and its real path; None if it does not exist or does not start."""
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
