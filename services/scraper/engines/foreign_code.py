"""Isolates third-party code that may raise any exception: yt-dlp, its extractors, and the packages of sites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class ForeignError(Exception):
    """Third-party code raised `error`. The caller decides what that means."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def foreign_code(*signals: type[BaseException]) -> Iterator[None]:
    """Turn every exception of the block into ForeignError. `signals`: exceptions of our own, which pass unchanged."""
    try:
        yield
    except signals:
        raise
    except GeneratorExit:
        # It ends a generator of our own that yields within the block.
        raise
    except BaseException as error:
        # No list of types would do: an extractor that meets a changed page raises TypeErrors, KeyErrors and the like.
        # SystemExit, KeyboardInterrupt and CancelledError too: libraries raise them, and they would end our own work.
        raise ForeignError(_readable(error)) from error


def _readable(error: BaseException) -> BaseException:
    """The error, or one at the same place if its text cannot be read."""
    try:
        str(error)
    except BaseException:
        told = f"{type(error).__name__}, whose text cannot be read"
        return TypeError(told).with_traceback(error.__traceback__)
    return error
