"""Readiness: whether a process should receive work, and what it lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from shared import metrics

#: A check returns None if all is well, else a sentence that describes the problem.
Check = Callable[[], Awaitable[str | None]]
#: A note describes a state, good or bad.
Note = Callable[[], Awaitable[str]]
#: Seconds that a check may take, shorter than any orchestrator's probe timeout.
CHECK_SECONDS = 4


@dataclass(frozen=True)
class ReadinessReport:
    """The readiness of a process at one moment."""

    ready: bool
    #: Check → "ok" or its problem; note → its text.
    checks: dict[str, str]
    #: Problems that do not prevent the process from serving: optional check → sentence.
    degraded: dict[str, str] = field(default_factory=dict)


class Readiness:
    """Decides whether this process should receive work: it has started, is not draining, and every check passes.

    Failing optional checks make it degraded, not unready: Kubernetes would remove an unready process from its Service.
    """

    def __init__(self) -> None:
        self.started = False
        self.draining = False
        self.checks: dict[str, Check] = {}
        #: Checks of things that the process can lack for a while.
        self.optional_checks: dict[str, Check] = {}
        self.notes: dict[str, Note] = {}
        #: Running checks by name: one that hangs is not started a second time.
        self._running: dict[str, asyncio.Future[str | None]] = {}

    async def report(self) -> ReadinessReport:
        """Run all checks concurrently, and set the metric of each."""
        if self.draining:
            return ReadinessReport(False, {"runtime": "draining"})
        if not self.started:
            return ReadinessReport(False, {"runtime": "starting"})
        found = await self._run_all({**self.optional_checks, **self.checks})
        problems = {name: text for name, text in found.items() if text is not None}
        for name in found:
            metrics.CHECK_FAILING.labels(name).set(name in problems)
        degraded = {name: text for name, text in problems.items() if name not in self.checks}
        checks = {name: text or "ok" for name, text in found.items()}
        checks |= {name: await note() for name, note in self.notes.items()}
        return ReadinessReport(problems.keys() == degraded.keys(), checks, degraded)

    async def _run_all(self, checks: dict[str, Check]) -> dict[str, str | None]:
        names: Iterable[str] = list(checks)
        answers = await asyncio.gather(*(self._run(name, checks[name]) for name in names))
        return dict(zip(names, answers, strict=True))

    async def _run(self, name: str, check: Check) -> str | None:
        running = self._running.get(name)
        if running is None or running.done():
            running = self._running[name] = asyncio.ensure_future(check())
        # A slow check is not cancelled: its thread, if any, would continue, and each report would start another.
        done, _ = await asyncio.wait({running}, timeout=CHECK_SECONDS)
        if not done:
            return f"no answer within {CHECK_SECONDS} s"
        if running.cancelled():
            return "the check itself failed"
        if (error := running.exception()) is not None:
            return f"the check itself failed: {error!r}"
        return running.result()
