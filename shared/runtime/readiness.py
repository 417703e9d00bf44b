"""Whether a process should get work, and what it lacks meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from shared import metrics

#: A check returns None if all is well, else a sentence about what is wrong.
Check = Callable[[], Awaitable[str | None]]
#: A note tells how things are, whether well or not.
Note = Callable[[], Awaitable[str]]
#: Seconds that a check may take: below the time that any orchestrator gives a probe.
CHECK_SECONDS = 4


@dataclass(frozen=True)
class Look:
    """How a process is at one moment."""

    ready: bool
    #: Check → "ok", or what is wrong; and the notes.
    checks: dict[str, str]
    #: What is wrong and keeps nobody from being served: check → sentence.
    degraded: dict[str, str] = field(default_factory=dict)


class Readiness:
    """Whether this process should get work: it is started, not draining, and every check is content.

    What it can do without for a while is degraded, not unready: a Service would take it from everybody for that.
    """

    def __init__(self) -> None:
        self.started = False
        self.draining = False
        self.checks: dict[str, Check] = {}
        #: The same of what it can do without.
        self.lesser_checks: dict[str, Check] = {}
        self.notes: dict[str, Note] = {}
        #: Checks under way, by name: one that hangs is not asked a second time.
        self._asked: dict[str, asyncio.Future[str | None]] = {}

    async def look(self) -> Look:
        """Ask all checks, at once."""
        if self.draining:
            return Look(False, {"runtime": "draining"})
        if not self.started:
            return Look(False, {"runtime": "starting"})
        found = await self._ask_all({**self.lesser_checks, **self.checks})
        problems = {name: text for name, text in found.items() if text is not None}
        for name in found:
            metrics.CHECK_FAILING.labels(name).set(name in problems)
        degraded = {name: text for name, text in problems.items() if name not in self.checks}
        checks = {name: text or "ok" for name, text in found.items()}
        checks |= {name: await note() for name, note in self.notes.items()}
        return Look(problems.keys() == degraded.keys(), checks, degraded)

    async def _ask_all(self, checks: dict[str, Check]) -> dict[str, str | None]:
        names: Iterable[str] = list(checks)
        answers = await asyncio.gather(*(self._ask(name, checks[name]) for name in names))
        return dict(zip(names, answers, strict=True))

    async def _ask(self, name: str, check: Check) -> str | None:
        asked = self._asked.get(name)
        if asked is None or asked.done():
            asked = self._asked[name] = asyncio.ensure_future(check())
        # Waited for, not cancelled: what runs in a thread would go on, and each look would take one more.
        done, _ = await asyncio.wait({asked}, timeout=CHECK_SECONDS)
        if not done:
            return f"no answer within {CHECK_SECONDS} s"
        if asked.cancelled() or asked.exception() is not None:
            return "the check itself failed" if asked.cancelled() else f"the check itself failed: {asked.exception()!r}"
        return asked.result()
