"""What became of one attempt to deliver."""

from __future__ import annotations

from typing import NamedTuple

#: Characters of an error that are recorded.
MAX_ERROR = 300


class Answer(NamedTuple):
    """What became of one attempt."""

    #: HTTP status of a webhook; None: there was no answer, or it is no webhook.
    status: int | None
    #: Why it failed; None: it did not.
    error: str | None
    #: Seconds that the receiver asked to wait.
    retry_after: float | None = None
