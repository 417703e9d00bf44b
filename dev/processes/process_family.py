"""The processes that one started program consists of, so that its end is theirs, and nobody else's."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil

#: Seconds between two looks whether a process has ended.
LOOK_EVERY_SECONDS = 0.02


class Family:
    """A process group leader, the rest of its group, and its descendants in other groups.

    Processes are known by id and start time (psutil compares both), so a reused id is never signalled. The group's
    number is safe to signal as long as its leader has not been waited for: the kernel keeps it taken.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._seen: set[psutil.Process] = set()

    def look(self) -> None:
        """Remember the descendants of now: after the leader's end nothing leads to those in other groups."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._seen.update(psutil.Process(self._leader).children(recursive=True))

    def terminate(self, seconds: float) -> None:
        """Ask all that are left besides the leader to end, and wait up to `seconds` for it."""
        end = time.monotonic() + seconds
        for process in self._left():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        while self._left() and time.monotonic() < end:
            time.sleep(LOOK_EVERY_SECONDS)

    def kill(self) -> None:
        """SIGKILL for the whole group and for all descendants that were seen. The leader must not be waited for yet."""
        os.killpg(self._leader, signal.SIGKILL)
        while left := self._left():
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            time.sleep(LOOK_EVERY_SECONDS)

    def _left(self) -> list[psutil.Process]:
        everyone = self._seen | {process for process in psutil.process_iter() if self._in_group(process)}
        return [process for process in everyone if process.pid != self._leader and _lives(process)]

    def _in_group(self, process: psutil.Process) -> bool:
        try:
            return os.getpgid(process.pid) == self._leader
        except (ProcessLookupError, PermissionError):
            return False


def _lives(process: psutil.Process) -> bool:
    """Whether a process still runs, or threads of it do: they keep its sockets open while its main thread is a zombie.

    A zombie alone does not count: it waits for a parent, which in a container may never look.
    """
    try:
        return process.is_running() and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False
