"""Translates the errors of Azure's SDK into those of this project: see `shared.errors`."""

from __future__ import annotations

from types import TracebackType

from azure.core.exceptions import AzureError, HttpResponseError

from shared.errors import MirrorUnavailable

#: The name of this target of the mirror.
AZURE = "azure"


class _Translation:
    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, HttpResponseError):
            raise MirrorUnavailable(str(error), code_of(error), error.status_code, AZURE) from error
        if isinstance(error, AzureError):
            raise MirrorUnavailable(f"{type(error).__name__}: {error}", target=AZURE) from error


#: A context manager that turns Azure's errors into MirrorUnavailable and lets all other errors pass.
translated = _Translation()


def code_of(error: HttpResponseError) -> str:
    """Return Azure's name of an error; "" if there is none."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")
