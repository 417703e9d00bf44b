"""Waits for a backing server when a program starts, and logs the server and the cure.

It also waits for a server that does not know our user yet: in a cluster, services start at the same time as the job
that creates users, keys and queues.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential_jitter

from shared.errors import NotAdmitted, Unavailable
from shared.logs import logger

log = logger(__name__)

T = TypeVar("T")
#: Seconds between two lines of the log about one server that is waited for. It is tried more often.
REPORT_SECONDS = 5


async def wait_for_server(
    name: str, setting: str, attempt: Callable[[], Awaitable[T]], wait_seconds: float, admission_seconds: float = 0
) -> T:
    """Return the result of `attempt`; repeat it for up to `wait_seconds` while it raises Unavailable.

    `admission_seconds`: how long to repeat it while it raises NotAdmitted; 0 for commands, whose user sees the error at
    once. Raises the last error when the time is over.
    """
    cure = f"start {name}, or correct {setting}"
    return await wait_until_ready(name, cure, attempt, wait_seconds, admission_seconds)


async def wait_until_ready(
    name: str, cure: str, attempt: Callable[[], Awaitable[T]], wait_seconds: float, admission_seconds: float = 0
) -> T:
    """Wait for something that another program or a person has to create. Returns the result of `attempt`.

    `cure`: what to do, for the log and the error. Raises Unavailable or NotAdmitted.
    """

    told = float(-REPORT_SECONDS)

    def report(state: RetryCallState) -> None:
        nonlocal told
        if time.monotonic() - told < REPORT_SECONDS:
            return
        told, problem = time.monotonic(), _problem(state)
        log.warning(
            "server.not_admitted_yet" if isinstance(problem, NotAdmitted) else "server.waiting",
            server=name,
            problem=str(problem),
            cure="none if it is being created now" if isinstance(problem, NotAdmitted) else cure,
            attempt=state.attempt_number,
        )

    def is_over(state: RetryCallState) -> bool:
        limit = admission_seconds if isinstance(_problem(state), NotAdmitted) else wait_seconds
        return (state.seconds_since_start or 0) >= limit

    async def call() -> T:
        # tenacity awaits only what it recognises as a coroutine function; a lambda may not be one.
        return await attempt()

    retrying = AsyncRetrying(
        retry=retry_if_exception_type((Unavailable, NotAdmitted)),
        stop=is_over,
        # Often at first, since servers that start at the same time are there within seconds.
        wait=wait_exponential_jitter(initial=0.2, exp_base=1.3, max=10, jitter=0.2),
        before_sleep=report,
        reraise=True,
    )
    try:
        return await retrying(call)
    except Unavailable as error:
        raise Unavailable(f"{error}. Waited {wait_seconds:g} s for it: {cure}.") from error


def _problem(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None
