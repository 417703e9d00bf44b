"""Turns what Azure's SDK raises into the errors of this project: see `shared.errors`."""

from __future__ import annotations

from types import TracebackType

from azure.core.exceptions import AzureError, HttpResponseError

from shared.errors import MirrorUnavailable


class _Translation:
    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, HttpResponseError):
            raise MirrorUnavailable(str(error), code_of(error), error.status_code) from error
        if isinstance(error, AzureError):
            raise MirrorUnavailable(f"{type(error).__name__}: {error}") from error


#: A `with` in which an error of Azure leaves as MirrorUnavailable, and every other exception as it is.
translated = _Translation()


def code_of(error: HttpResponseError) -> str:
    """Azure's name for an error; "" if it gave none."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")
