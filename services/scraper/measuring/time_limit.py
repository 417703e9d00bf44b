"""Ends a download after a time, to the millisecond, also in the middle of a read that waits for the network."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: Seconds until the end is tried again.
_AGAIN_SECONDS = 0.05


class TimeIsUp(BaseException):
    """The download has lasted as long as it was to. No Exception: code of others must not catch it as an error."""


class TimeLimit:
    """The time that one download may take, from its first request for media on. For the main thread of a worker."""

    def __init__(self, seconds: float | None) -> None:
        """`seconds`: None: as long as it takes."""
        self._seconds = seconds
        self._holds = False
        #: Whether the time is up.
        self.is_over = False

    def begin(self) -> None:
        """The download begins. TimeIsUp is raised wherever it is when its time is up."""
        if self._seconds is not None:
            # Again and again: what is raised within code that must not fail is dropped by Python.
            signal.setitimer(signal.ITIMER_REAL, self._seconds, _AGAIN_SECONDS)

    def end(self) -> None:
        """End the download now. Raises TimeIsUp."""
        self.is_over = True
        raise TimeIsUp

    @contextmanager
    def holds(self) -> Iterator[None]:
        """Let the limit hold in the block. Raises TimeIsUp from within it, and never after its end."""

        def end(_: int, __: FrameType | None) -> None:
            if self._holds:
                self.end()

        before = signal.signal(signal.SIGALRM, end)
        try:
            self._holds = True
            yield
        finally:
            # First of all: nothing that follows may be interrupted.
            self._holds = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
