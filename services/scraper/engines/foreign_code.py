"""Isolates third-party code that may raise any exception: yt-dlp and its extractors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ForeignError(Exception):
    """Third-party code raised `error`. The caller decides what that means."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def foreign_code(*signals: type[Exception]) -> Iterator[None]:
    """Turn every exception of the block into ForeignError. `signals`: exceptions of our own, which pass unchanged."""
    try:
        yield
    except signals:
        raise
    except Exception as error:
        # No list of types would do: an extractor that meets a changed page raises TypeErrors, KeyErrors and the like.
        raise ForeignError(error) from error
