"""Installs RabbitMQ 4 into a folder of the project, from a newer Debian than this machine's, apart from its packages.

    python -m dev.versions.rabbitmq4     install it if it is missing, and print the folder for RABBITMQ_SERVER_ROOT

Needs root and debootstrap. An interrupted set-up starts again at the next call, and downloads no package twice.
RABBITMQ4_MIRROR names the mirror; the default is the mirror of this machine's apt, if it is Debian's.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.install import ROOT
from dev.servers.rabbitmq_programs import SERVER
from dev.setup.steps import apt_install, say

FOLDER = ROOT / ".rabbitmq4"
#: The release of Debian that has RabbitMQ 4 (4.0.5, with Erlang 27).
SUITE = "trixie"
PACKAGES = "ca-certificates,rabbitmq-server"
MIRROR_VARIABLE = "RABBITMQ4_MIRROR"


class NotInstallable(RuntimeError):
    """What is missing here, and what to do."""


def install(folder: Path = FOLDER) -> Path:
    """Create the root folder for RABBITMQ_SERVER_ROOT, unless it exists. Returns it. Raises NotInstallable."""
    root = folder / "root"
    folder.mkdir(exist_ok=True)
    with _alone(folder):
        if _is_whole(folder):
            return root
        _check_rights()
        say(f"RabbitMQ 4 from Debian {SUITE} into {folder.name} (a minute the first time, 120 MB of packages)")
        began = time.monotonic()
        _bootstrap(folder, mirror())
        say(f"RabbitMQ 4 done in {time.monotonic() - began:.0f} s")
    return root


def mirror() -> str:
    """Return the address of a Debian mirror. Raises NotInstallable if none is known."""
    if given := os.environ.get(MIRROR_VARIABLE):
        return given
    if shutil.which("apt-get") is not None:
        chosen = ["Created-By: Packages", "Origin: Debian", "Label: Debian"]
        command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", *chosen]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        for address in done.stdout.splitlines():
            if address.startswith(("http://", "https://")):
                return address
    raise NotInstallable(f"apt here uses no mirror of Debian; name one: {MIRROR_VARIABLE}=<address of a Debian mirror>")


def _is_whole(folder: Path) -> bool:
    """Whether an earlier call completed, with the packages that are needed now."""
    stamp = folder / "installed"
    return stamp.exists() and stamp.read_text() == f"{SUITE} {PACKAGES}" and (folder / f"root{SERVER}").exists()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Lock the folder, so that other set-ups wait."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_rights() -> None:
    if os.geteuid() != 0:
        raise NotInstallable("RabbitMQ 4 is put into a folder by debootstrap and run with chroot: both need root")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        raise NotInstallable(
            "this container may not mount anything (CAP_SYS_ADMIN), which RabbitMQ 4 in a folder needs"
        )
    if shutil.which("debootstrap") is None:
        if shutil.which("apt-get") is None:
            raise NotInstallable("debootstrap is missing: install it with your system's package manager")
        apt_install(["debootstrap"])


def _bootstrap(folder: Path, address: str) -> None:
    """Create the root folder under another name, and rename it when it is complete. Packages are kept until then."""
    building, packages, root = folder / "building", folder / "packages", folder / "root"
    for earlier in (building, root):
        if earlier.exists():
            shutil.rmtree(earlier)
    packages.mkdir(exist_ok=True)
    command = [
        # Neither debootstrap nor its mounts may outlive this set-up, because a later one deletes the folder.
        *("setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount", "--"),
        *("debootstrap", "--variant=minbase", f"--include={PACKAGES}", f"--cache-dir={packages.resolve()}"),
        *(SUITE, str(building), address),
    ]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0 or not (building / SERVER.lstrip("/")).exists():
        log = building / "debootstrap/debootstrap.log"
        said = done.stdout + (log.read_text(errors="replace") if log.exists() else "")
        raise NotInstallable(
            f"debootstrap ended with code {done.returncode}. What it said last:\n{said[-2000:]}\n"
            f"Run the same again; if it goes on, name another mirror: {MIRROR_VARIABLE}=<address of a Debian mirror>"
        )
    building.rename(root)
    (folder / "installed").write_text(f"{SUITE} {PACKAGES}")
    shutil.rmtree(packages)


def main() -> int:
    try:
        print(install())
    except NotInstallable as error:
        print(f"rabbitmq4: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
