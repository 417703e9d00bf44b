"""Migrates a catalog of an earlier version to this one, before any service starts on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dev.install import ROOT
from dev.processes.program import ProgramFailed
from shared.errors import Misconfigured
from shared.runtime.process import EX_CONFIG

#: The program, beside the running Python.
FONOTECA = Path(sys.executable).parent / "fonoteca"


def migrate_catalog(exports: Mapping[str, str]) -> None:
    """Run `fonoteca migrate --if-older` on the servers of a stack; it prints what it does.

    Raises Misconfigured if the catalog is of a newer version, ProgramFailed if it cannot be migrated now.
    """
    environment = {**os.environ, **exports, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [FONOTECA, "migrate", "--if-older"], env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode == EX_CONFIG:
        raise Misconfigured("The catalog was not opened: do what is said above.")
    if done.returncode != 0:
        raise ProgramFailed(f"the catalog could not be migrated: `fonoteca migrate` ended with {done.returncode}")
    if "nothing to do" not in done.stdout:
        print(f"stack: {done.stdout.strip()}", file=sys.stderr)
