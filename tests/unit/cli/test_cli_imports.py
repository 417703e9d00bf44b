"""Each command starts with the libraries that it needs alone: others would double the time of --help and of TAB."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cli.lazy_commands import COMMANDS
from dev.install import ROOT

#: Libraries of servers and of the API, which take a tenth of a second or more each.
SLOW = {"aio_pika", "azure", "httpx", "minio", "pymongo", "yt_dlp"}


def imported(*modules: str) -> set[str]:
    """Which of the slow libraries an interpreter has after importing `modules`."""
    program = f"import sys, {', '.join(modules)}; print(*({SLOW} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_command_line_starts_without_libraries() -> None:
    assert imported("cli.main") == set()


def test_help_and_completion_wait_for_no_library_of_a_server() -> None:
    modules = sorted({place.partition(":")[0] for place in COMMANDS.values()})
    assert imported("cli.main", *modules) == {"httpx"}, "of the API's client"


@pytest.mark.parametrize(
    ("work", "libraries"),
    [
        ("cli.servers.mirror", {"azure", "minio", "pymongo"}),
        ("cli.backup.running", {"azure", "minio", "pymongo"}),
    ],
)
def test_work_on_the_stores_waits_for_neither_the_broker_nor_the_api(work: str, libraries: set[str]) -> None:
    assert imported("cli.main", work) == libraries
