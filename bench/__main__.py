"""Runs the benchmarks, prints the figures and their targets, and appends them to bench/history.jsonl."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.table import Table

from shared.quick_imports import quick_imports

# As the services do it, so that what is measured in this process is measured as there.
with quick_imports():
    from bench import holes, hostile, listeners, memory, start
    from bench.against import mirroring, pump
    from bench.archives import backup, measurements, mending, mirror_memory, sweep, videos
    from bench.broker import delays, flood, pending
    from bench.network import measured
    from bench.scraping import connections, listing, main_job, scrapers
    from bench.scraping.playlists import warm
    from dev.stack import Stack, interrupt_on_signals

HISTORY = Path(__file__).parent / "history.jsonl"
#: Settings of the services while they are measured.
PACE = {"SCRAPER_EGRESS_REST_SECONDS": "1"}


class Benchmark(Protocol):
    """The contents of each benchmark's module."""

    #: Services that it needs, with the local site; none: only servers. Each benchmark gets its own stack.
    SERVICES: tuple[str, ...]
    #: Their settings.
    SETTINGS: dict[str, str]
    #: Figure → the target, in words.
    AIMS: dict[str, str]
    #: Figure → its meaning.
    MEANINGS: dict[str, str]

    def run(self, stack: Stack) -> dict[str, float]: ...


BENCHMARKS: dict[str, Benchmark] = {
    "main_job": main_job,
    "mirror": mirroring,
    "mirror_memory": mirror_memory,
    "pump": pump,
    "start": start,
    "connections": connections,
    "scrapers": scrapers,
    "memory": memory,
    "listing": listing,
    "delays": delays,
    "flood": flood,
    "pending": pending,
    "videos": videos,
    "listeners": listeners,
    "mending": mending,
    "sweep": sweep,
    "holes": holes,
    "hostile": hostile,
    "backup": backup,
    "measurements": measured,
    "measurement_store": measurements,
}

#: What `make bench-quick` runs.
QUICK = ("main_job", "mirror", "pump", "start", "listing")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"run only these of: {', '.join(BENCHMARKS)}; without names all"
    )
    parser.add_argument("--quick", action="store_true", help=f"run only the main ones: {', '.join(QUICK)}")
    given = parser.parse_args()
    names = given.names or (list(QUICK) if given.quick else list(BENCHMARKS))
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    interrupt_on_signals()
    figures = measure([name for name in BENCHMARKS if name in names])
    show(figures)
    remember(figures)
    return 0


def measure(names: list[str]) -> dict[str, float]:
    """Run benchmarks by name, and remove their stacks."""
    chosen = [BENCHMARKS[name] for name in names]
    figures: dict[str, float] = {}
    for benchmark in chosen:
        services = benchmark.SERVICES
        with (
            temporary_folder() as folder,
            Stack(folder, site=bool(services), service_names=services, settings=PACE | benchmark.SETTINGS) as stack,
        ):
            if services:
                warm(stack)
            figures |= benchmark.run(stack)
    return figures


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield the folder of a stack, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="fonoteca-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(figures: dict[str, float]) -> None:
    """Print the figures as a table."""
    aims = {name: aim for benchmark in BENCHMARKS.values() for name, aim in benchmark.AIMS.items()}
    meanings = {name: meaning for benchmark in BENCHMARKS.values() for name, meaning in benchmark.MEANINGS.items()}
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("figure", no_wrap=True)
    table.add_column("measured", justify="right")
    table.add_column("aim")
    table.add_column("what it is")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}", aims.get(name, ""), meanings[name])
    console.print(table)


def remember(figures: dict[str, float]) -> None:
    """Append the figures to the history."""
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
