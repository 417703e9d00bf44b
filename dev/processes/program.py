"""A program of the native stack: started in the foreground, awaited until ready, and reliably stopped."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.processes.process_family import Family
from shared.runtime.readiness import CHECK_SECONDS

#: Seconds a program may take to become ready. The slowest, RabbitMQ, needs 5 on two idle cores.
READY_SECONDS = 90
#: Seconds for one answer: longer than a service waits for its own checks.
LOOK_SECONDS = CHECK_SECONDS + 2
#: Seconds between two checks whether it is ready.
LOOK_EVERY_SECONDS = 0.05


class ProgramFailed(RuntimeError):
    """A program of the stack ended or did not become ready; the text contains the end of its log."""


@dataclass
class Program:
    """One process: its command, its readiness check, and the time it may take to stop."""

    name: str
    command: list[str]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Seconds after SIGTERM before SIGKILL.
    stop_seconds: float = 20.0
    #: Called after the process has ended, to clean up what it leaves by design.
    after_stop: Callable[[], None] | None = None


class RunningProgram:
    """A started `Program`, leader of a session and process group of its own. Its output goes to `log`."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        with log.open("a") as output:
            self._process = subprocess.Popen(
                _ends_with_its_parent(program.command),
                cwd=log.parent,
                env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid: int = self._process.pid
        self._family = Family(self.pid)

    def running(self) -> bool:
        """Whether the process still runs. One that has ended stays a zombie until `stop` or `kill`; see `Family`."""
        if self._process.returncode is not None:
            return False
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def is_ready(self, end: float) -> bool:
        """Return whether the program answers. `end`: until when, by the monotonic clock, it may take.

        Raises `ProgramFailed` if it ended, or takes longer.
        """
        if not self.running():
            raise ProgramFailed(self._story("ended at its start"))
        if self.program.ready():
            return True
        if time.monotonic() > end:
            raise ProgramFailed(self._story(f"was not ready within {READY_SECONDS} s"))
        return False

    def wait_ready(self) -> None:
        """Return when the program answers. Raises `ProgramFailed` if it ended or took too long."""
        end = time.monotonic() + READY_SECONDS
        while not self.is_ready(end):
            time.sleep(LOOK_EVERY_SECONDS)

    def ended_story(self) -> str:
        """Return the message for an unexpected end."""
        return self._story("ended unexpectedly")

    def stop(self) -> None:
        """Send SIGTERM to the program and its descendants, and SIGKILL after `stop_seconds`. No process is left."""
        if self._process.returncode is not None:
            return
        self._family.look()
        end = time.monotonic() + self.program.stop_seconds
        os.killpg(self.pid, signal.SIGTERM)
        while self.running() and time.monotonic() < end:
            time.sleep(LOOK_EVERY_SECONDS)
        self._family.terminate(max(0.0, end - time.monotonic()))
        self._ended()

    def kill(self) -> None:
        """Send SIGKILL, for fault tests and throw-away stacks."""
        if self._process.returncode is None:
            self._family.look()
            self._ended()

    def _ended(self) -> None:
        self._family.kill()
        self._process.wait()
        if self.program.after_stop is not None:
            self.program.after_stop()

    def _story(self, what: str) -> str:
        tail = self.log.read_text(errors="replace").splitlines()[-15:]
        return f"{self.program.name} {what}. The end of {self.log}:\n  " + "\n  ".join(tail)


def _ends_with_its_parent(command: list[str]) -> list[str]:
    """Let the kernel end the process if the stack itself is killed and cannot clean up (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else command


def answers_tcp(port: int) -> Callable[[], bool]:
    """Return a check that succeeds when something accepts connections on loopback `port`."""

    def look() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            return False

    return look


def greets(port: int, hello: bytes) -> Callable[[], bool]:
    """Return a check that succeeds when the server on loopback `port` gives any answer to `hello`."""

    def look() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(hello)
                return connection.recv(1) != b""
        except OSError:
            return False

    return look


def answers_http(url: str) -> Callable[[], bool]:
    """Return a check that succeeds when GET `url` answers 200."""
    parts = urllib.parse.urlsplit(url)

    def look() -> bool:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=LOOK_SECONDS)
        try:
            connection.request("GET", parts.path or "/")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return status == 200

    return look
