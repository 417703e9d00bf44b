"""Virtual environments with the packages of a lock file; incomplete ones are created again."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from dev.setup.steps import apt_install, can_use_apt, digest, run, say


def install_venv(folder: Path, requirements: Path, project: Path | None = None) -> None:
    """Create or update a virtual environment with the packages of `requirements`, and `project` by its path if given.

    It is updated if the lock has changed. It is created again if an earlier set-up was interrupted, if it was moved
    here from another place, or if its Python is another one.
    """
    wanted = digest(requirements, *([project / "pyproject.toml"] if project else []))
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted and _made_here(folder):
        return
    say(f"Python packages of {requirements.name} into {folder.name} (a minute the first time)")
    if not folder.exists():
        _make(folder)
    elif (trouble := _trouble(folder, stamp)) is not None:
        say(f"{folder.name} {trouble}: making it again")
        _make(folder)
    # While it changes it does not count as complete.
    if stamp.exists():
        stamp.unlink()
    pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--require-hashes", "--requirement", str(requirements)])
    if project:
        run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(project)])
    stamp.write_text(wanted)


def _trouble(folder: Path, stamp: Path) -> str | None:
    """Return why a virtual environment cannot be reused; None if it can."""
    if not stamp.exists():
        return "is left from a set-up that was interrupted"
    if not _made_here(folder):
        return "was made in another place, from where this folder was moved or copied"
    if _version(folder / "bin/python") != sys.version:
        return "was made by another Python"
    return None


def _made_here(folder: Path) -> bool:
    """Whether its programs name this folder in their first lines."""
    try:
        with (folder / "bin/pip").open("rb") as program:
            return str(folder.resolve() / "bin").encode() in program.read(1000)
    except OSError:
        return False


def _version(python: Path) -> str | None:
    try:
        done = subprocess.run(  # noqa: PLW1510
            [str(python), "-c", "import pip, sys; sys.stdout.write(sys.version)"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    return done.stdout.decode() if done.returncode == 0 else None


def _make(folder: Path) -> None:
    """Create an empty one with pip, replacing what was there."""
    need_module_venv()
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(str(folder), ignore_errors=True)
    run([sys.executable, "-m", "venv", str(folder)])


def need_module_venv() -> None:
    """Exit with a sentence if this Python cannot create virtual environments: Debian's needs a package for this."""
    if _has_module_venv():
        return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if sys.base_prefix == "/usr" and can_use_apt():
        apt_install([package])
    if not _has_module_venv():
        sys.exit(
            f"install: {sys.executable} lacks the modules venv and ensurepip, with which packages are installed.\n"
            f"On Debian or Ubuntu:  sudo apt-get install {package}\n"
            "Elsewhere install Python with its whole standard library; then run this again."
        )


def _has_module_venv() -> bool:
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))
