"""Builds the image of every target of the Dockerfile, and prints its size and the time it took.

python -m dev.images                 needs a running Docker engine
python -m dev.images --local-base    first makes the base image from Debian's packages (as root, with debootstrap),
                                     for machines that reach Debian and PyPI, but no image registry
python -m dev.images --push registry.example.org/archive
                                     then pushes them there, with the version that the chart uses
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from dev.install import ROOT
from shared.topology.services import SERVICES

#: An image for each service, and one for the command line.
TARGETS = (*SERVICES, "cli")
BASE = "python:3.11.13-slim-bookworm"
#: What the Dockerfile expects in the base image.
BASE_PACKAGES = "python3,python3-pip,python3-venv,ca-certificates"
TRUSTED = Path("etc/ssl/certs/ca-certificates.crt")
#: The engine has BuildKit since 18.09; newer clients use it by default.
ENVIRONMENT = {**os.environ, "DOCKER_BUILDKIT": "1"}


class NoImages(RuntimeError):
    """The images cannot be built or pushed; the text says what is missing, and how to get it."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dev.images", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--local-base", action="store_true", help="make the base image instead of pulling it")
    parser.add_argument("--push", metavar="REGISTRY", help="host and path of the registry to push them to")
    given = parser.parse_args()
    try:
        docker("version", quiet=True)
        if given.local_base:
            make_base()
        for target in TARGETS:
            seconds, megabytes = build(target)
            print(f"{image(target):<24} {megabytes:6.0f} MB  {seconds:5.0f} s", flush=True)
            if given.push:
                push(target, given.push.rstrip("/"))
    except NoImages as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    return 0


def image(target: str) -> str:
    """Return the name of a target's image, as the chart and docker-compose.yml use it."""
    return f"fonoteca-{target}:{version('fonoteca')}"


def push(target: str, registry: str) -> None:
    """Push a target's image."""
    there = f"{registry}/{image(target)}"
    docker("tag", image(target), there, quiet=True)
    docker("push", there)


def build(target: str) -> tuple[float, float]:
    """Build one target. Returns the seconds it took and its size in megabytes."""
    began = time.monotonic()
    named = ["--tag", image(target)]
    about = {"version": version("fonoteca"), "revision": _revision()}
    labels = [word for name, value in about.items() for word in ("--label", f"org.opencontainers.image.{name}={value}")]
    # The host's network, because only this machine may have a route to PyPI.
    docker("build", "--network", "host", "--target", target, *named, *labels, str(ROOT), quiet=True)
    size = docker("image", "inspect", "--format", "{{.Size}}", image(target), quiet=True)
    return time.monotonic() - began, int(size) / 1e6


def _revision() -> str:
    """Return the commit from which the images are built; `unknown` outside a checkout."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def make_base() -> None:
    """Make an image like Python's official one, from Debian's packages."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise NoImages("--local-base needs root and debootstrap: apt-get install debootstrap")
    with tempfile.TemporaryDirectory(prefix="fonoteca-base-") as name:
        folder = Path(name)
        _run(["debootstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", "bookworm", name])
        for link in folder.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
            link.unlink()
        (folder / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        shutil.rmtree(folder / "var/cache/apt/archives", ignore_errors=True)
        # The build trusts the certificates that this machine trusts, for example of a company's proxy.
        shutil.copy(Path("/") / TRUSTED, folder / TRUSTED)
        (folder / "etc/pip.conf").write_text(f"[global]\ncert = /{TRUSTED}\n")
        _run(["sh", "-c", f"tar -C {name} -c . | docker import - {BASE}"])


def docker(*arguments: str, quiet: bool = False) -> str:
    """Run docker. Raises NoImages with its output."""
    return _run(["docker", *arguments], quiet=quiet)


def _run(command: list[str], *, quiet: bool = True) -> str:
    if shutil.which(command[0]) is None:
        raise NoImages(f"{command[0]} is not installed. Images need a Docker engine; everything else runs without one.")
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=quiet, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout or "").strip()[-3000:]
        raise NoImages(f"`{' '.join(command)}` failed:\n{said}")
    return (done.stdout or "").strip()


if __name__ == "__main__":
    sys.exit(main())
