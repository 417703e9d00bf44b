"""Calls installed hooks, each in a process of its own that is killed if it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.notify.channels.answer import MAX_ERROR, Answer
from shared.contracts import NotificationDue
from shared.notifications.definition import HOOK_PREFIX

#: Seconds for which the end of killed processes is waited for when the service ends.
END_SECONDS = 5
#: Characters of a line with which a process answers; longer ones are a failure.
_MAX_LINE = 2**16


@dataclass
class _Running:
    """The process of one hook. It is called with one event at a time."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    process: Process | None = None


@dataclass
class Hooks:
    """The processes of all hooks, started when they are first called."""

    timeout_seconds: float
    running: dict[str, _Running] = field(default_factory=dict)
    #: Waits for processes that were killed.
    killed: set[asyncio.Task[int]] = field(default_factory=set)

    async def call(self, endpoint: str, message: NotificationDue) -> Answer:
        """Call a hook with an event. Returns whether it came back; raises nothing for whatever the hook does."""
        running = self.running.setdefault(endpoint, _Running())
        async with running.lock:
            answer: Answer | None = None
            try:
                async with asyncio.timeout(self.timeout_seconds):
                    answer = await self._call(endpoint, running, message)
            except TimeoutError:
                return Answer(None, f"it did not return within {self.timeout_seconds:g} seconds, and was killed")
            except (OSError, ValueError) as error:
                return Answer(None, f"{type(error).__name__}: {error}"[:MAX_ERROR])
            finally:
                # Also if this call is cancelled: what it answers later must not be taken for the next answer.
                if answer is None or answer.error is not None:
                    self._kill(running)
            return answer

    async def _call(self, endpoint: str, running: _Running, message: NotificationDue) -> Answer:
        if running.process is None or running.process.returncode is not None:
            running.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "services.notify.channels.hook_process", endpoint.removeprefix(HOOK_PREFIX)),
                stdin=PIPE,
                stdout=PIPE,
                limit=_MAX_LINE,
                # A group of its own, which ends with it.
                start_new_session=True,
            )
        process = running.process
        assert process.stdin is not None
        assert process.stdout is not None
        # One line, whatever the envelope looks like.
        process.stdin.write(json.dumps(json.loads(message.body)).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            code = await process.wait()
            return Answer(None, f"its process ended with code {code}; the log of the notify service says why")
        why = line.decode(errors="replace").strip()
        return Answer(None, why[:MAX_ERROR] or None)

    async def end(self) -> None:
        """End all processes."""
        for running in self.running.values():
            self._kill(running)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await asyncio.gather(*self.killed)

    def _kill(self, running: _Running) -> None:
        """Kill a hook's process and all that it has started.

        Its end is not waited for: a process that left its group may keep the pipes open.
        """
        process, running.process = running.process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            waiting = asyncio.create_task(process.wait())
            self.killed.add(waiting)
            waiting.add_done_callback(self.killed.discard)


@asynccontextmanager
async def hooks_running(timeout_seconds: float) -> AsyncIterator[Hooks]:
    """Return hooks whose processes end with the block."""
    hooks = Hooks(timeout_seconds)
    try:
        yield hooks
    finally:
        await hooks.end()
