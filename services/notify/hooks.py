"""Calls installed hooks, each in a process of its own that is killed if it takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.notify.answer import MAX_ERROR, Answer
from shared.contracts import NotificationDue
from shared.notifications.definition import HOOK_PREFIX

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

    async def call(self, endpoint: str, message: NotificationDue) -> Answer:
        """Call a hook with an event. Returns whether it came back; raises nothing for whatever the hook does."""
        running = self.running.setdefault(endpoint, _Running())
        async with running.lock:
            try:
                async with asyncio.timeout(self.timeout_seconds):
                    return await self._call(endpoint, running, message)
            except TimeoutError:
                await _end(running)
                return Answer(None, f"it did not return within {self.timeout_seconds:g} seconds, and was killed")
            except (OSError, ValueError) as error:
                await _end(running)
                return Answer(None, f"{type(error).__name__}: {error}"[:MAX_ERROR])

    async def _call(self, endpoint: str, running: _Running, message: NotificationDue) -> Answer:
        if running.process is None or running.process.returncode is not None:
            running.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "services.notify.hook_process", endpoint.removeprefix(HOOK_PREFIX)),
                stdin=PIPE,
                stdout=PIPE,
                limit=_MAX_LINE,
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
        if why:
            await _end(running)
        return Answer(None, why[:MAX_ERROR] or None)

    async def end(self) -> None:
        """End all processes."""
        for running in self.running.values():
            await _end(running)


async def _end(running: _Running) -> None:
    process, running.process = running.process, None
    if process is not None and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@asynccontextmanager
async def hooks_running(timeout_seconds: float) -> AsyncIterator[Hooks]:
    """Return hooks whose processes end with the block."""
    hooks = Hooks(timeout_seconds)
    try:
        yield hooks
    finally:
        await hooks.end()
