"""A program of the native stack: started in the foreground, awaited until ready, stopped for certain."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mirakuru.base import SimpleExecutor
from mirakuru.exceptions import ExecutorError, TimeoutExpired

#: Seconds a program may take to become ready. The slowest, RabbitMQ, needs 5 on two idle cores.
READY_SECONDS = 90
#: Seconds between two looks whether it is ready.
LOOK_EVERY_SECONDS = 0.05


class ProgramFailed(RuntimeError):
    """A program of the stack ended or never became ready; the text holds the end of its log."""


@dataclass
class Program:
    """One process: what to run, how to see that it is ready, how long it may take to stop."""

    name: str
    command: list[str]
    ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Seconds after SIGTERM before SIGKILL.
    stop_seconds: float = 20.0
    #: Run after the process ended, for what it leaves behind by its nature.
    after_stop: Callable[[], None] | None = None


class RunningProgram:
    """A started `Program`. Its output goes to `log`."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self._log_file = log.open("a")
        self._executor = SimpleExecutor(
            _ends_with_its_parent(program.command),
            cwd=str(log.parent),
            envvars=dict(program.environment),
            stdin=subprocess.DEVNULL,
            stdout=self._log_file,
            stderr=subprocess.STDOUT,
            timeout=READY_SECONDS,
            sleep=LOOK_EVERY_SECONDS,
        )
        self._executor.start()
        assert self._executor.process is not None
        self.pid: int = self._executor.process.pid

    def running(self) -> bool:
        """Whether the process still lives."""
        return self._executor.running()

    def wait_ready(self) -> None:
        """Return when the program answers. Raises `ProgramFailed` if it ended or took too long."""
        try:
            self._executor.wait_for(lambda: not self.running() or self.program.ready())
        except TimeoutExpired as error:
            raise ProgramFailed(self._story(f"was not ready within {READY_SECONDS} s")) from error
        if not self.running():
            raise ProgramFailed(self._story("ended at its start"))

    def ended_story(self) -> str:
        """What to tell when it ended unasked."""
        return self._story("ended unexpectedly")

    def stop(self) -> None:
        """SIGTERM to its process group, SIGKILL after `stop_seconds`; nothing of it is left."""
        self._executor._timeout = self.program.stop_seconds  # noqa: SLF001  (one limit for start and stop there)
        try:
            self._executor.stop()
        except ExecutorError:
            pass  # It ended with a code of its own; the log tells.
        finally:
            self._log_file.close()
        if self.program.after_stop is not None:
            self.program.after_stop()

    def kill(self) -> None:
        """SIGKILL, for fault tests and throw-away stacks."""
        self._executor.kill()
        self._log_file.close()
        if self.program.after_stop is not None:
            self.program.after_stop()

    def _story(self, what: str) -> str:
        tail = self.log.read_text(errors="replace").splitlines()[-15:]
        return f"{self.program.name} {what}. The end of {self.log}:\n  " + "\n  ".join(tail)


def _ends_with_its_parent(command: list[str]) -> list[str]:
    """Let the kernel end the process if the stack itself is killed with no chance to clean up (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else command


def answers_tcp(port: int) -> Callable[[], bool]:
    """Ready when something accepts connections on loopback `port`."""

    def look() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        except OSError:
            return False

    return look


def answers_http(url: str) -> Callable[[], bool]:
    """Ready when GET `url` answers 200."""
    parts = urllib.parse.urlsplit(url)

    def look() -> bool:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
        try:
            connection.request("GET", parts.path or "/")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return status == 200

    return look
