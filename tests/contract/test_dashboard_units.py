"""The dashboard's own tests, run by Node.js: formats, texts of each language, addresses, the pace."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from dev.api_types import API_TYPES, api_types
from dev.install import JAVASCRIPT, ROOT
from tests.conftest import IN_CI


def _need(condition: bool, text: str) -> None:
    if condition:
        return
    if IN_CI:
        pytest.fail(text)
    pytest.skip(text)


def test_the_dashboard_s_unit_tests_pass() -> None:
    node = shutil.which("node")
    _need(node is not None, "Node.js; `make setup` installs it")
    _need((JAVASCRIPT / "node_modules").exists(), "the tools that check JavaScript; `make setup` installs them")
    files = sorted(map(str, (ROOT / "tests/web").glob("*.test.mjs")))
    command = [str(node), "--test", "--test-reporter=spec", *files]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_types_of_the_api_are_those_of_its_document() -> None:
    _need((JAVASCRIPT / "node_modules").exists(), "the tools that check JavaScript; `make setup` installs them")
    assert api_types((ROOT / "docs/openapi.json").read_text())[API_TYPES] == API_TYPES.read_text()
