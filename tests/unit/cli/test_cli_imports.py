"""Each command starts with the libraries that it needs alone: others would double the time of --help and of TAB."""

from __future__ import annotations

import os
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
        (("cli.commands.sync", "cli.servers.mirror"), {"azure", "minio", "pymongo"}),
        (("cli.backup.command", "cli.backup.running"), {"azure", "minio", "pymongo"}),
        (("cli.audit.command",), set()),
    ],
)
def test_work_on_the_stores_waits_for_neither_the_broker_nor_the_api(
    work: tuple[str, ...], libraries: set[str]
) -> None:
    assert imported("cli.main", *work) == libraries


@pytest.mark.parametrize(("given", "looked_for"), [(None, "False"), ("", "True"), ("__all__", "False")])
def test_no_package_is_searched_for_plugins_unless_somebody_wants_them(given: str | None, looked_for: str) -> None:
    program = (
        "import importlib.metadata as m\n"
        "found, of = [], m.entry_points\n"
        "m.entry_points = lambda **wanted: found.append(wanted) or of(**wanted)\n"
        "import cli.__main__\n"
        "import shared.settings\n"
        "print({'group': 'pydantic'} in found)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYDANTIC_DISABLE_PLUGINS"}
    if given is not None:
        environment["PYDANTIC_DISABLE_PLUGINS"] = given
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == looked_for
