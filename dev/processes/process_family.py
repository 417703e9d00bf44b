"""The processes of one started program: ending it ends all of them, and no others."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil

#: Seconds between two checks whether a process has ended.
LOOK_EVERY_SECONDS = 0.02


class Family:
    """A process group leader, the rest of its group, and its descendants in other groups.

    Processes are identified by id and start time (psutil compares both), so a reused id is never signalled. The group's
    number is safe to signal until its leader is waited for, because the kernel does not reuse it before.
    """

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._seen: set[psutil.Process] = set()

    def look(self) -> None:
        """Remember the present descendants: after the leader's end, those in other groups cannot be found."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._seen.update(psutil.Process(self._leader).children(recursive=True))

    def terminate(self, seconds: float) -> None:
        """Send SIGTERM to all remaining processes except the leader, and wait up to `seconds` for their end."""
        end = time.monotonic() + seconds
        for process in self._left():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
        while self._left() and time.monotonic() < end:
            time.sleep(LOOK_EVERY_SECONDS)

    def kill(self) -> None:
        """Send SIGKILL to the whole group and to all known descendants. The leader must not have been waited for."""
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
    """Whether a process or one of its threads still runs: threads keep sockets open while the main thread is a zombie.

    A zombie without threads does not count: it waits for its parent, which in a container may never collect it.
    """
    try:
        return process.is_running() and (process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False
