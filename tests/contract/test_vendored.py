"""Code of others is served as its makers published it, and everything that says its version says the same."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from dev.install import ROOT
from dev.licences.known import VENDORED

VENDOR = ROOT / "services/api/web/vendor"
FOLDERS = sorted(path for path in VENDOR.iterdir() if path.is_dir())


def test_there_is_some() -> None:
    assert FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_files_are_as_they_were_published(folder: Path) -> None:
    lines = (line.split() for line in (folder / "SHA256SUMS").read_text().splitlines())
    sums = {name: sum_ for sum_, name in lines}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != "SHA256SUMS"
    }
    assert found == sums
    assert "LICENSE" in found


def test_versions_are_said_once_and_truly() -> None:
    table = re.findall(r"^\| `(\w+)` \| (\w+): [^|]* \| ([\d.]+) \| (\S+) \|", (VENDOR / "README.md").read_text(), re.M)
    assert {folder for folder, *_ in table} == {folder.name for folder in FOLDERS}
    assert {(name, version, licence) for _, name, version, licence in table} == {
        (name, version, licence) for name, version, licence, _ in VENDORED["api"]
    }
    for folder, _, version, _ in table:
        code = next((VENDOR / folder).glob("*.js")).read_text()
        assert version in code[:2000] or version in code
