"""Packages the Helm chart, and pushes the package where an OCI registry is named.

    python -m dev.chart                                    dist/fonoteca-VERSION.tgz
    python -m dev.chart --push oci://registry/charts       pushes it there too
    python -m dev.chart --address https://host/fonoteca    adds home and sources, which the repository does not contain

Lints the chart with every file of ci/ first. To log in, use Helm's own command: helm registry login HOST.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dev.documents.chart_schema import CHART
from dev.install import HELM, ROOT

DIST = ROOT / "dist"
#: Headlines of Keep a Changelog → kinds of change of Artifact Hub.
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")


class NoChart(Exception):
    """The chart cannot be packaged or pushed; the message says why."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dev.chart", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--push", metavar="OCI", help="registry and path, e.g. oci://registry.example.org/charts")
    parser.add_argument("--address", help="where the project is, for home and sources")
    given = parser.parse_args()
    try:
        if given.push and not given.push.startswith("oci://"):
            raise NoChart(f"{given.push} is no OCI registry: write oci://{given.push.rpartition('://')[2]}")
        package = make(DIST, given.address)
        print(f"chart: {package}")
        if given.push:
            print(helm("push", str(package), given.push))
    except NoChart as error:
        print(f"chart: {error}", file=sys.stderr)
        return 1
    return 0


def make(folder: Path, address: str | None = None) -> Path:
    """Lint the chart with every file of ci/ and package it into `folder`. Returns the package. Raises NoChart."""
    with tempfile.TemporaryDirectory(prefix="fonoteca-chart-") as name:
        copy = Path(name) / CHART.name
        shutil.copytree(CHART, copy)
        described = description(yaml.safe_load((CHART / "Chart.yaml").read_text()), address)
        (copy / "Chart.yaml").write_text(yaml.safe_dump(described, sort_keys=False, allow_unicode=True, width=1000))
        for shape in sorted((CHART / "ci").glob("*-values.yaml")):
            helm("lint", "--strict", str(copy), "--values", str(shape))
        folder.mkdir(parents=True, exist_ok=True)
        helm("package", str(copy), "--destination", str(folder))
        return folder / f"{described['name']}-{described['version']}.tgz"


def description(chart: Mapping[str, Any], address: str | None) -> dict[str, Any]:
    """Return Chart.yaml with what only a package has: the newest changes, and the project's address if it is known."""
    notes = yaml.safe_dump(changes((ROOT / "CHANGELOG.md").read_text()), allow_unicode=True, width=1000)
    found = {**chart, "annotations": {**chart["annotations"], "artifacthub.io/changes": notes}}
    if address:
        found |= {"home": address, "sources": [address]}
    return found


def changes(changelog: str) -> list[dict[str, str]]:
    """Return the entries of the newest section of a changelog that has any, as Artifact Hub expects them."""
    parts = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    return next((found for part in parts if (found := _entries(part))), [])


def _entries(newest: str) -> list[dict[str, str]]:
    """The entries of one version."""
    found = []
    for part in re.split(r"^### ", newest, flags=re.MULTILINE)[1:]:
        headline, _, entries = part.partition("\n")
        for entry in re.split(r"^- ", entries, flags=re.MULTILINE)[1:]:
            kind = headline.strip() if headline.strip() in KINDS else "Changed"
            found.append({"kind": kind.lower(), "description": " ".join(entry.split())})
    return found


def helm(*arguments: str) -> str:
    """Run Helm. Returns its output. Raises NoChart with its error output."""
    done = subprocess.run([str(HELM), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoChart(f"`helm {' '.join(arguments)}` failed:\n{(done.stderr + done.stdout).strip()[-3000:]}")
    return (done.stdout + done.stderr).strip()


if __name__ == "__main__":
    sys.exit(main())
