"""A program of the native stack ends whole, and ends nothing that it did not start."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from dev.processes.program import Program, ProgramFailed, RunningProgram

#: A program with a child in its own group, one in another group, and one in another session that ignores SIGTERM.
FAMILY = """
import os, signal, subprocess, sys, time
child = [sys.executable, "-c", "import time; time.sleep(600)"]
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
same = subprocess.Popen(child)
group = subprocess.Popen(child, process_group=0)
session = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True, stdout=subprocess.PIPE)
session.stdout.readline()
print(same.pid, group.pid, session.pid, flush=True)
time.sleep(600)
"""
LIMIT_SECONDS = 120


def eventually(look: Callable[[], bool]) -> None:
    end = time.monotonic() + LIMIT_SECONDS
    while not look():
        assert time.monotonic() < end
        time.sleep(0.02)


def lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def family(tmp_path: Path, stop_seconds: float = 20.0) -> Iterator[tuple[RunningProgram, list[int]]]:
    log = tmp_path / "log"
    program = Program("family", [sys.executable, "-c", FAMILY], lambda: log.read_text().count("\n") == 1)
    program.stop_seconds = stop_seconds
    running = RunningProgram(program, log)
    try:
        running.wait_ready()
        yield running, [int(word) for word in log.read_text().split()]
    finally:
        running.kill()


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_everything_that_a_program_started_ends_with_it(tmp_path: Path, how: str) -> None:
    with family(tmp_path, stop_seconds=0.2) as (running, pids):
        assert len(pids) == 3
        assert all(lives(pid) for pid in pids)
        if how == "stop":
            running.stop()
        else:
            running.kill()
        assert not running.running()
        assert not any(lives(pid) for pid in pids)


def test_the_rest_of_a_group_ends_though_its_leader_has_ended_by_itself(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = "import subprocess, sys; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    running = RunningProgram(Program("leaves", [sys.executable, "-c", code], lambda: False), log)
    with pytest.raises(ProgramFailed, match="ended at its start"):
        running.wait_ready()
    [left] = [int(word) for word in log.read_text().split()]
    assert lives(left)
    running.stop()
    assert not lives(left)


@pytest.mark.parametrize("environment", ["FONOTECA_NUMBER={pid}", "mirakuru_uuid={pid}:1", "mirakuru_uuid=1{pid}0:a"])
def test_a_stranger_whose_environment_names_our_process_id_lives_on(tmp_path: Path, environment: str) -> None:
    """Process ids are short numbers: they occur in others' ports, secrets and marks."""
    name, value = environment.split("=")
    # A program that runs a stack of its own, to its very end: what it does at its exit counts too.
    code = f"""
import os, pathlib, subprocess, sys
from dev.processes.program import Program, RunningProgram
stranger = subprocess.Popen(
    ["sleep", "600"], env={{**os.environ, {name!r}: {value!r}.format(pid=os.getpid())}}, start_new_session=True,
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
running = RunningProgram(Program("own", ["sleep", "600"], lambda: True), pathlib.Path({str(tmp_path / "log")!r}))
running.wait_ready()
running.stop()
print(stranger.pid, running.pid)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    stranger, own = (int(word) for word in done.stdout.split())
    try:
        assert lives(stranger)
        assert not lives(own)
    finally:
        os.kill(stranger, 9)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_a_program_ends_when_its_stack_is_killed(tmp_path: Path) -> None:
    code = f"""
import pathlib, time
from dev.processes.program import Program, RunningProgram
own = RunningProgram(Program("own", ["sleep", "600"], lambda: True), pathlib.Path({str(tmp_path / "log")!r}))
print(own.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as stack:
        assert stack.stdout is not None
        own = int(stack.stdout.readline())
        # setpriv runs first, and only then asks the kernel for the signal.
        eventually(lambda: psutil.Process(own).name() == "sleep")
        stack.kill()
    eventually(lambda: not lives(own))
