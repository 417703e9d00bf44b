"""Clocks, CPU and memory of the running services."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

import psutil

#: Seconds between two looks at memory.
SAMPLE_SECONDS = 0.1


class PeakMemory:
    """The most memory a process and its descendants use while the block runs, in MB.

    The service's own resident set, and the proportional share of all its processes: shared pages count once.
    """

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.service_mb = 0.0
        self.with_workers_mb = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(SAMPLE_SECONDS):
            total = 0
            try:
                self.service_mb = max(self.service_mb, self._process.memory_info().rss / 1e6)
                for process in [self._process, *self._process.children(recursive=True)]:
                    total += process.memory_full_info().pss
            except psutil.Error:
                continue
            self.with_workers_mb = max(self.with_workers_mb, total / 1e6)


def ended_children_cpu(pid: int) -> float:
    """CPU seconds of a process's ended children. The scraper's are its ffmpeg runs; workers are the fork server's."""
    times = psutil.Process(pid).cpu_times()
    return float(times.children_user + times.children_system)


class Stopwatch:
    """Wall time of a block."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._began
