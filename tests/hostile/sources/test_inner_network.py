"""Names that lead inside, in a network namespace with a name server and addresses of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.addresses.public_addresses import is_public_address
from tests.conftest import IN_CI
from tests.hostile.inner_network import NAMES

_UNSHARE = ["unshare", "--net", "--mount"]


def _may_have_a_network() -> bool:
    """Whether this user may make a network namespace here."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return (
        subprocess.run([*_UNSHARE, "ip", "link", "set", "lo", "up"], check=False, capture_output=True).returncode == 0
    )


def test_no_name_leads_a_worker_inside(inputs: Callable[[int], None]) -> None:
    if not _may_have_a_network():
        if IN_CI and os.geteuid() == 0:
            pytest.fail("root may make no network namespace here: it needs the programs unshare and ip")
        pytest.skip("only root may make a network namespace")
    inputs(2 * len(NAMES))
    done = subprocess.run(
        [*_UNSHARE, sys.executable, "-m", "tests.hostile.inner_network"],
        cwd=Path(__file__).parents[3],
        env={name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert set(rows) == set(NAMES)
    inside = {name: row for name, row in rows.items() if not all(map(is_public_address, row["visited"]))}
    assert not inside, "inner addresses were visited"
    for name, row in rows.items():
        if name.startswith("honest"):
            assert row["outcome"] == "downloaded", row
            assert row["visited"], row
        elif not name.startswith("rebound"):
            # A name that is rebound may be public each time that it is asked for.
            assert row["outcome"] == "private-address", row
            assert not row["visited"], row
