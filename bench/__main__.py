"""Runs every benchmark, prints the figures beside the aims, and appends them to bench/history.jsonl."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import listing, main_job
from cli.client import Address, Client
from dev.stack import Stack, interrupt_on_signals

HISTORY = Path(__file__).parent / "history.jsonl"
#: Figure → the aim, in words.
AIMS = {
    "times_faster_than_yt_dlp": "≥ 2",
    "times_the_cpu_bound": "≤ 1.3",
}
MEANINGS = {
    "yt_dlp_seconds": "yt-dlp -x --audio-format mp3 --audio-quality 320K, 20 × 60 s",
    "services_seconds": "the same playlist through the running services",
    "ffmpeg_cpu_seconds": "CPU seconds of the services' ffmpeg runs, verification included",
    "ffmpeg_cpu_by_cores_seconds": "the same ÷ cores: nothing that encodes could be faster",
    "times_faster_than_yt_dlp": "yt-dlp ÷ services",
    "times_the_cpu_bound": "services ÷ (ffmpeg CPU ÷ cores)",
    "entries": "entries of the long listing",
    "first_requested_seconds": "from submission until its first video is requested",
    "last_requested_seconds": "until its last video is requested",
    "scraper_peak_mb": "peak resident memory of the scraper process meanwhile, MB",
    "scraper_with_workers_peak_mb": "peak of it with all its workers, shared pages counted once, MB",
}


def main() -> int:
    argparse.ArgumentParser(prog="python -m bench", description=__doc__).parse_args()
    interrupt_on_signals()
    folder = Path(tempfile.mkdtemp(prefix="fonoteca-bench-"))
    try:
        pace = {"SCRAPER_EGRESS_REST_SECONDS": "1"}
        with Stack(folder, site=True, settings=pace) as stack:
            client = Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))
            figures = {**main_job.run(stack, client), **listing.run(stack)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(figures)
    remember(figures)
    return 0


def show(figures: dict[str, float]) -> None:
    """The figures as a table."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("figure", no_wrap=True)
    table.add_column("measured", justify="right")
    table.add_column("aim")
    table.add_column("what it is")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}", AIMS.get(name, ""), MEANINGS[name])
    console.print(table)


def remember(figures: dict[str, float]) -> None:
    """Append them to the history."""
    line = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": version("fonoteca"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        **figures,
    }
    with HISTORY.open("a") as file:
        file.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    sys.exit(main())
