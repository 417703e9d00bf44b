"""Clocks, CPU and memory of the running services."""

from __future__ import annotations

import contextlib
import math
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

import psutil

#: Seconds between two samples of the memory.
SAMPLE_SECONDS = 0.1


class Used(NamedTuple):
    """What a program or a block used: wall time, and CPU time of its own and in the kernel."""

    seconds: float
    cpu_seconds: float


def measured_run(command: Sequence[str], environment: Mapping[str, str]) -> Used:
    """Run a program to its end. Returns what it used. Raises CalledProcessError, with its output, if it fails."""
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command, said)
    return Used(time.perf_counter() - began, usage.ru_utime + usage.ru_stime)


class _Sampler:
    """Takes samples in a thread while the block runs."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

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
            with contextlib.suppress(psutil.Error):
                self._look()

    def _look(self) -> None:
        raise NotImplementedError


class PeakMemory(_Sampler):
    """The peak memory of a process and its descendants while the block runs, in MB.

    Measures the service's own resident set, and the proportional share of all its processes, so that shared pages count
    once.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.service_mb = 0.0
        self.with_workers_mb = 0.0

    def _look(self) -> None:
        self.service_mb = max(self.service_mb, self._process.memory_info().rss / 1e6)
        processes = [self._process, *self._process.children(recursive=True)]
        total = sum(process.memory_full_info().pss for process in processes)
        self.with_workers_mb = max(self.with_workers_mb, total / 1e6)


class PeakResident(_Sampler):
    """The peak resident memory of one process while the block runs, in MB."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.mb = 0.0

    def _look(self) -> None:
        self.mb = max(self.mb, self._process.memory_info().rss / 1e6)


def quantile(values: list[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed (nearest rank); 0 without values."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else 0.0


def ended_children_cpu(pid: int) -> float:
    """Return CPU seconds of a process's ended children: the scraper's ffmpeg runs. Workers are the fork server's."""
    times = psutil.Process(pid).cpu_times()
    return float(times.children_user + times.children_system)


def own_cpu(pid: int) -> float:
    """Return CPU seconds of a process without its children."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


class Stopwatch:
    """Measures the wall time of a block."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._began
