"""How long the native stack takes to start again, with the data of an earlier run, and to stop."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

from dev.stack import Stack

TURNS = 5

SERVICES: tuple[str, ...] = ()
SETTINGS: dict[str, str] = {}
AIMS = {"warm_start_seconds": "≤ 8", "stop_seconds": "≤ 6"}
MEANINGS = {
    "cold_start_seconds": "all servers and services in an empty folder, until every one is ready; once",
    "warm_start_seconds": f"the same with the data of an earlier run, median of {TURNS}",
    "warm_start_most_seconds": "the longest of these",
    "stop_seconds": f"until no process is left, median of {TURNS}",
}


def run(stack: Stack) -> dict[str, float]:
    """Start and stop a whole stack again and again. The given one would take its CPU, so it stops first."""
    folder = stack.state.folder / "whole"
    stack.stop()
    cold, _ = _up_and_down(folder)
    turns = [_up_and_down(folder) for _ in range(TURNS)]
    starts = [up for up, _ in turns]
    return {
        "cold_start_seconds": round(cold, 1),
        "warm_start_seconds": round(median(starts), 1),
        "warm_start_most_seconds": round(max(starts), 1),
        "stop_seconds": round(median(down for _, down in turns), 1),
    }


def _up_and_down(folder: Path) -> tuple[float, float]:
    began = time.perf_counter()
    with Stack(folder, say=lambda _text: None):
        up = time.perf_counter() - began
        began = time.perf_counter()
    return up, time.perf_counter() - began
