"""The one endless loop: it outlives outages and defects of single runs, and ends only when it is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from shared.errors import Unavailable
from shared.runtime.periodic import Outcome, run_periodically


class Work:
    """Work whose runs end as they are told to; the last run never ends."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends = list(ends)
        self.outcomes: list[Outcome] = []
        self.all_run = asyncio.Event()

    async def run(self) -> None:
        if not self.ends:
            self.all_run.set()
            await asyncio.Event().wait()
        end = self.ends.pop(0)
        if end is not None:
            raise end

    async def until_all_run(self) -> None:
        loop = asyncio.create_task(run_periodically("work", self.run, 0, self.outcomes.append))
        await self.all_run.wait()
        loop.cancel()
        with pytest.raises(asyncio.CancelledError):
            await loop


async def test_every_run_is_followed_by_another() -> None:
    work = Work(None, Unavailable("away"), None, ValueError("a defect"), None)
    await work.until_all_run()
    assert work.outcomes == ["done", "interrupted", "done", "failed", "done"]


async def test_the_log_names_what_was_interrupted_and_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    await Work(Unavailable("the server is away"), ValueError("a defect")).until_all_run()
    said = [record.getMessage() for record in caplog.records]
    assert any("work.interrupted" in text and "the server is away" in text for text in said)
    assert any("work.failed" in text for text in said)
