"""The command line starts without the libraries of the servers: they would double the time of --help and of TAB."""

from __future__ import annotations

import subprocess
import sys

from dev.install import ROOT

PROGRAM = "import sys, cli.main; print(*({'aio_pika', 'azure', 'minio', 'pymongo', 'yt_dlp'} & sys.modules.keys()))"


def test_the_command_line_starts_without_the_libraries_of_the_servers() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
