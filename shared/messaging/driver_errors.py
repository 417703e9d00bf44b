"""Turns what aio-pika and aiormq raise into BrokerUnavailable: see `shared.errors`."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from types import TracebackType

from aio_pika.exceptions import AMQPError

from shared.errors import BrokerUnavailable

#: What the client raises while the broker is away. RuntimeError is its word for a closed channel or connection.
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
    """A `with` in which an error of the client leaves as BrokerUnavailable, and every other exception as it is.

    A CancelledError that nobody asked this task for also stands for a lost connection. `what`: what RabbitMQ did not
    do, as the beginning of the error's text.
    """
    return _Translation(what)
