"""The endless loop of background work: sweeps, backlogs, reconciliations, purges."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal, NoReturn

from shared.errors import FonotecaError
from shared.logs import logger

log = logger(__name__)

#: How one run of periodic work ended.
Outcome = Literal["done", "interrupted", "failed"]


async def run_periodically(
    name: str,
    work: Callable[[], Awaitable[Any]],
    every_seconds: float,
    ended: Callable[[Outcome], None] | None = None,
) -> NoReturn:
    """Run `work`, wait `every_seconds` after its end, and run it again. Never returns; cancel it to end it.

    `name`: the beginning of the logged events, `<name>.interrupted` and `<name>.failed`. `ended`: receives the outcome
    of every run. A FonotecaError, such as that of an unavailable server, interrupts a run; every other exception is a
    defect.
    """
    while True:
        outcome = await _run_once(name, work)
        if ended is not None:
            ended(outcome)
        await asyncio.sleep(every_seconds)


async def _run_once(name: str, work: Callable[[], Awaitable[Any]]) -> Outcome:
    try:
        await work()
    except FonotecaError as error:
        log.warning(f"{name}.interrupted", error=str(error))
        return "interrupted"
    except Exception as error:
        # Any other exception is a defect of one run; later runs must still happen.
        log.error(f"{name}.failed", exc_info=error)
        return "failed"
    return "done"
