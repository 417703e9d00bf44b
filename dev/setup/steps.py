"""The steps of a set-up, and their messages. Standard library only, any Python from 3.8 on."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: apt holds one lock for the whole machine; seconds to wait for it.
APT_LOCK_SECONDS = 600
#: With fewer free bytes, lack of space is the probable cause of a failed step.
LITTLE_ROOM_BYTES = 300 * 10**6


def say(text: str) -> None:
    print(f"install: {text}", flush=True)


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until no other set-up of this folder runs, and make others wait. `lock`: an existing file."""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another set-up of this folder runs; waiting for its end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def digest(*files: Path) -> str:
    """Return one hash over the files' contents and this Python's version."""
    total = hashlib.sha256(sys.version.encode())
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()


def can_use_apt() -> bool:
    """Whether Debian packages can be installed from here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: list[str], *, needed: bool = True) -> None:
    """Install Debian packages. A failure is ignored if they are not needed."""
    say(f"Debian packages: {' '.join(packages)}")
    apt = ["apt-get", "-o", f"DPkg::Lock::Timeout={APT_LOCK_SECONDS}", "-qq"]
    # RUNLEVEL=1 keeps a freshly installed package from starting its own server.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    run([*apt, "update"], quiet, needed=needed)
    run([*apt, "install", "--yes", "--no-install-recommends", *packages], quiet, needed=needed)


def run(command: list[str], environment: dict[str, str] | None = None, *, needed: bool = True) -> None:
    """Run a step. If it fails, print its output, and exit if the step is needed."""
    done = subprocess.run(  # noqa: PLW1510
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0 and needed:
        sys.stdout.write(done.stdout.decode(errors="replace"))
        sys.exit(
            f"install: `{' '.join(command)}` failed with code {done.returncode}; what it said is above.{_little_room()}"
            "\ninstall: When the cause is gone, run the same again: it repairs what was left half done."
        )


def _little_room() -> str:
    here = Path(__file__).resolve().parents[2]
    free = shutil.disk_usage(str(here)).free
    return f" Only {free // 10**6} MB are free on the disk of {here}." if free < LITTLE_ROOM_BYTES else ""
