"""Runs the unit and contract tests on Python 3.13, if it is in the PATH or among pyenv's versions.

    python -m dev.versions.newer_python [ARGUMENTS OF PYTEST]

If there is none, it says so and exits with 0.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dev.install import ROOT
from dev.setup.interpreter import ask
from dev.setup.steps import one_at_a_time, say

VERSION = (3, 13)
NAME = "python3.13"
#: Kept from one run to the next.
ENVIRONMENT = ROOT / ".venv-3.13"


def newer_python() -> str | None:
    """Return the path of a Python 3.13 that starts; None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for candidate in (NAME, *map(str, sorted(pyenv.glob(f"versions/3.13*/bin/{NAME}")))):
        told = ask(candidate)
        if told is not None and told[0] == VERSION:
            return told[1]
    return None


def main() -> int:
    python = newer_python()
    if python is None:
        say(f"there is no {NAME} in the PATH or in pyenv: its tests are skipped")
        return 0
    script = (
        "import sys; from pathlib import Path; from dev.setup.virtual_environment import install_venv; "
        "install_venv(*map(Path, sys.argv[1:]))"
    )
    with one_at_a_time(Path(__file__)):
        # Created by that Python itself, because an environment belongs to the Python that creates it.
        done = subprocess.run(
            [python, "-c", script, str(ENVIRONMENT), str(ROOT / "requirements/dev.txt"), str(ROOT)],
            cwd=ROOT,
            check=False,
        )
    if done.returncode != 0:
        return done.returncode
    command = [
        str(ENVIRONMENT / "bin/python"),
        "-m",
        "pytest",
        "tests/unit",
        "tests/contract",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
