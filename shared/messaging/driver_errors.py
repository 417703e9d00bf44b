"""Translates the errors of aio-pika and aiormq into BrokerUnavailable: see `shared.errors`."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from types import TracebackType

from aio_pika.exceptions import AMQPError

from shared.errors import BrokerUnavailable

#: Errors that the client raises for an unavailable broker. It reports a closed channel or connection as RuntimeError.
RAISED: tuple[type[Exception], ...] = (AMQPError, OSError, TimeoutError, RuntimeError)


def asked_to_stop() -> bool:
    """Whether a CancelledError is meant for this task. aiormq also raises one when it abandons a stuck connection."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class _Translation(AbstractContextManager[None]):
    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, asyncio.CancelledError) and not asked_to_stop():
            reason = "the connection was abandoned"
        elif isinstance(error, RAISED):
            reason = str(error) or type(error).__name__
        else:
            return
        raise BrokerUnavailable(": ".join((self._what, reason))) from error


def translated(what: str) -> AbstractContextManager[None]:
    """Return a context manager that turns the client's errors into BrokerUnavailable and lets all other errors pass.

    A CancelledError that nobody requested for this task also means a lost connection. `what`: the beginning of the
    error's text, such as "RabbitMQ did not open a channel".
    """
    return _Translation(what)
