"""How right measurements are, on networks that are known exactly; and what measuring costs.

Eight downloads over loopback from a server that keeps exact times, then one of 200 MB at full speed, in turns with and
without measuring.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.network.profiles import FULL, PROFILES, Profile
from bench.network.server import serving, url_of
from dev.stack import Stack
from services.scraper.engines.values import SourceRules
from services.scraper.engines.ytdlp.client import CountingYtdlp, Words, options_of
from services.scraper.measuring.player import Thresholds
from services.scraper.measuring.recorder import recording
from services.scraper.measuring.transfer import Transfer

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {
    "measured_rate_error_percent": "≤ 3",
    "measured_first_byte_error_ms": "≤ 10",
    "measured_stalls_wrong": "0",
    "measuring_cpu_percent": "≤ 1",
    "measuring_times_speed": "≥ 0.97",
}
MEANINGS = {
    "measured_rate_error_percent": "largest error of the average rate over eight known networks",
    "measured_first_byte_error_ms": "the same of the time to the first byte, ms",
    "measured_stall_error_ms": "the same of the length of a stall, ms",
    "measured_stalls_wrong": "networks on which the number of stalls was wrong",
    "measuring_cpu_percent": "CPU that measuring takes of one core at 20 MB/s, by the difference of medians",
    "measuring_times_speed": "speed at full rate with measuring ÷ without it, medians of seven in turn",
}
RULES = SourceRules(0, ("all",), private_hosts=True)
PLAYER = Thresholds(2.0, 0.1, 1.0)
TURNS = 7


@dataclass(frozen=True)
class Found:
    """A profile and what was measured of it."""

    profile: Profile
    transfer: Transfer

    @property
    def rate_error(self) -> float:
        """In percent."""
        assert self.transfer.average_rate is not None
        return abs(self.transfer.average_rate / self.profile.rate - 1) * 100

    @property
    def first_byte(self) -> float:
        """In seconds."""
        [request] = self.transfer.requests
        assert request.first_byte is not None
        return request.first_byte

    @property
    def stalls(self) -> list[float]:
        """The length of each, in seconds."""
        assert self.transfer.playback is not None
        ended = self.transfer.seconds
        return [
            (stall.end if stall.end is not None else ended) - stall.begin for stall in self.transfer.playback.stalls
        ]

    @property
    def stall_error(self) -> float:
        """In seconds; of those that both have."""
        return max((abs(a - b) for a, b in zip(self.stalls, self.profile.stalls, strict=False)), default=0.0)


def run(_: Stack) -> dict[str, float]:
    """Measure all profiles, print the table, then measure the cost."""
    with serving() as port, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = [Found(profile, _measured(port, profile, folder)) for profile in PROFILES]
        _print(found)
        cpu, speed = _cost(port, folder)
    return {
        "measured_rate_error_percent": round(max(each.rate_error for each in found), 2),
        "measured_first_byte_error_ms": round(
            max(abs(each.first_byte - each.profile.first_byte) for each in found) * 1000, 1
        ),
        "measured_stall_error_ms": round(max(each.stall_error for each in found) * 1000, 1),
        "measured_stalls_wrong": sum(len(each.stalls) != len(each.profile.stalls) for each in found),
        "measuring_cpu_percent": round(cpu, 2),
        "measuring_times_speed": round(speed, 3),
    }


def _measured(port: int, profile: Profile, folder: Path) -> Transfer:
    with recording() as recorder:
        _download(port, profile, folder)
    transfer = recorder.transfer(PLAYER)
    assert transfer is not None
    return transfer


def _download(port: int, profile: Profile, folder: Path) -> None:
    path = folder / "source.webm"
    path.unlink(missing_ok=True)
    info: dict[str, Any] = {"url": url_of(port, profile), "protocol": "http", "ext": "webm", "format_id": "251"}
    with CountingYtdlp(options_of(Words(), RULES), RULES) as ydl:
        ydl.dl(str(path), {**info, "duration": profile.duration, "filesize": profile.size, "http_headers": {}})


def _cost(port: int, folder: Path) -> tuple[float, float]:
    """Download in turns with and without measuring. Returns percent of a core at 20 MB/s, and the ratio of speeds."""
    steady = next(profile for profile in PROFILES if profile.name == "very fast")
    cpu: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * TURNS):
        measuring = turn % 2 == 0
        with recording() if measuring else nullcontext():
            began = time.process_time()
            _download(port, steady, folder)
            cpu[measuring].append((time.process_time() - began) / (steady.size / steady.rate) * 100)
    full = _full_speed(port, folder)
    difference = statistics.median(cpu[True]) - statistics.median(cpu[False])
    return max(0.0, difference), statistics.median(full[False]) / statistics.median(full[True])


def _full_speed(port: int, folder: Path) -> dict[bool, list[float]]:
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * TURNS):
        measuring = turn % 2 == 0
        with recording() if measuring else nullcontext():
            began = time.perf_counter()
            _download(port, FULL, folder)
            seconds[measuring].append(time.perf_counter() - began)
    return seconds


def _print(found: list[Found]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (
        "network",
        "rate set",
        "measured",
        "error",
        "first byte set",
        "measured",
        "stalls by hand",
        "measured",
    ):
        table.add_column(name, justify="left" if name == "network" else "right")
    for each in found:
        profile, transfer = each.profile, each.transfer
        table.add_row(
            profile.name,
            f"{profile.rate / 1000:.1f} kB/s",
            f"{(transfer.average_rate or 0) / 1000:.1f}",
            f"{each.rate_error:.2f} %",
            f"{profile.first_byte * 1000:.0f} ms",
            f"{each.first_byte * 1000:.1f}",
            ", ".join(f"{seconds:.2f}" for seconds in profile.stalls) or "none",
            ", ".join(f"{seconds:.2f}" for seconds in each.stalls) or "none",
        )
    Console(highlight=False, width=140).print(table)
