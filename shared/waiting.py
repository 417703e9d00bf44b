"""Waiting for a backing server at the start, with a log line that says for whom and how to mend it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from shared.errors import Unavailable
from shared.logs import logger

log = logger(__name__)

T = TypeVar("T")


async def wait_for_server(name: str, setting: str, attempt: Callable[[], Awaitable[T]], wait_seconds: float) -> T:
    """The result of `attempt`, tried again while it raises Unavailable, for `wait_seconds`; then Unavailable."""
    return await wait_until_there(name, f"start {name}, or correct {setting}", attempt, wait_seconds)


async def wait_until_there(name: str, cure: str, attempt: Callable[[], Awaitable[T]], wait_seconds: float) -> T:
    """The same for anything that something or somebody else has to put there. `cure`: what to do, to be told."""

    def say(state: RetryCallState) -> None:
        outcome = state.outcome
        problem = str(outcome.exception()) if outcome is not None else ""
        log.warning(
            "server.waiting",
            server=name,
            problem=problem,
            cure=cure,
            attempt=state.attempt_number,
        )

    async def call() -> T:
        # tenacity awaits only what it recognises as a coroutine function; a lambda or a bound method may not be.
        return await attempt()

    retrying = AsyncRetrying(
        retry=retry_if_exception_type(Unavailable),
        stop=stop_after_delay(wait_seconds),
        wait=wait_exponential_jitter(initial=0.5, max=10, jitter=0.5),
        before_sleep=say,
        reraise=True,
    )
    try:
        return await retrying(call)
    except Unavailable as error:
        raise Unavailable(f"{error}. Waited {wait_seconds:g} s for it: {cure}.") from error
