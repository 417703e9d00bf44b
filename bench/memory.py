"""Two thousand short videos through one scraper: does its memory, or that of its workers, grow?"""

from __future__ import annotations

import psutil

from bench.scraping.playlists import add, through_services
from dev.stack import Stack

VIDEOS = 2000
#: Videos after which memory is first measured.
FIRST = 200
#: Seconds after which the run has failed.
LIMIT_SECONDS = 1800

SERVICES: tuple[str, ...] = ("scraper", "retry", "api")
SETTINGS: dict[str, str] = {}
AIMS = {"memory_service_growth_percent": "≤ 10", "memory_with_workers_growth_percent": "≤ 10"}
MEANINGS = {
    "memory_seconds": f"{VIDEOS} videos of 2 s through one scraper",
    "memory_service_at_200_mb": f"resident memory of the scraper when {FIRST} are stored, MB",
    "memory_service_at_last_mb": "the same when the last is stored",
    "memory_service_growth_percent": "its growth between",
    "memory_with_workers_at_200_mb": "the scraper with all its workers, shared pages counted once, MB",
    "memory_with_workers_at_last_mb": "the same when the last is stored",
    "memory_with_workers_growth_percent": "its growth between",
}


def run(stack: Stack) -> dict[str, float]:
    """Measure the memory at the 200th and at the last video."""
    url = add(stack, "PLbenchMemoryMb", VIDEOS, 2)
    seen: dict[int, tuple[float, float]] = {}

    def look(stored: int) -> None:
        if stored in (FIRST, VIDEOS):
            seen[stored] = _memory_mb(stack.programs["scraper"].pid)

    seconds = through_services(stack, url, VIDEOS, LIMIT_SECONDS, look)
    (service, workers), (service_last, workers_last) = seen[FIRST], seen[VIDEOS]
    return {
        "memory_seconds": round(seconds, 1),
        "memory_service_at_200_mb": round(service, 1),
        "memory_service_at_last_mb": round(service_last, 1),
        "memory_service_growth_percent": round(100 * (service_last / service - 1), 1),
        "memory_with_workers_at_200_mb": round(workers, 1),
        "memory_with_workers_at_last_mb": round(workers_last, 1),
        "memory_with_workers_growth_percent": round(100 * (workers_last / workers - 1), 1),
    }


def _memory_mb(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process, and the proportional share of it and its descendants without ffmpeg."""
    service = psutil.Process(pid)
    shares = 0.0
    for process in (service, *service.children(recursive=True)):
        try:
            if process.name() != "ffmpeg":
                shares += process.memory_full_info().pss
        except psutil.Error:
            continue  # It has just ended.
    return service.memory_info().rss / 1e6, shares / 1e6
