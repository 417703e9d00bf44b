"""The body of the message that this task handles, for a handler that passes a message on as it came."""

from __future__ import annotations

from contextvars import ContextVar

_body: ContextVar[bytes | None] = ContextVar("body", default=None)


def current_body() -> bytes | None:
    """Return the body as it came from the broker; None outside of a handler."""
    return _body.get()


def note_body(body: bytes) -> None:
    """Note, only for this task, the body of the message that it handles."""
    _body.set(body)
