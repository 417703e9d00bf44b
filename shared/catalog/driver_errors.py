"""Translates the errors of pymongo into those of this project: see `shared.errors`."""

from __future__ import annotations

from types import TracebackType

from pymongo.errors import (
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from shared.errors import AlreadyThere, CatalogError, CatalogRefused, CatalogUnavailable, TimeLimitReached

#: Errors about one document: the server works, but rejects the document.
_ABOUT_A_DOCUMENT: tuple[type[Exception], ...] = (WriteError, BulkWriteError, DocumentTooLarge)
#: Error codes of MongoDB about the request, not about the server: bad value, failed to parse, type mismatch,
#: path not viable, conflicting operators, bad field names, immutable field, failed validation, failed conversion.
_ABOUT_DATA = {2, 9, 14, 28, 40, 52, 54, 55, 56, 57, 66, 121, 241, 10334}
#: From here on, codes are locations in the server's own code that the request ran into.
_FIRST_LOCATION = 15_000


class _Translation:
    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        # DocumentTooLarge is no PyMongoError: the driver finds it while it encodes the document.
        if isinstance(error, PyMongoError | DocumentTooLarge):
            raise translation_of(error) from error


#: A context manager that turns pymongo's errors into a CatalogError and lets all other errors pass.
translated = _Translation()


def translation_of(error: PyMongoError | DocumentTooLarge) -> CatalogError:
    """The error of ours that stands for one of pymongo's, with its text and its code."""
    code = error.code if isinstance(error, OperationFailure) else None
    text = str(error)
    if isinstance(error, DuplicateKeyError):
        return AlreadyThere(text, code)
    if isinstance(error, ExecutionTimeout):
        return TimeLimitReached(text, code)
    if isinstance(error, _ABOUT_A_DOCUMENT) or (code is not None and (code in _ABOUT_DATA or code >= _FIRST_LOCATION)):
        return CatalogRefused(text, code)
    return CatalogUnavailable(text, code)
