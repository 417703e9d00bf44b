"""Translates the errors of minio into those of this project: see `shared.errors`."""

from __future__ import annotations

from types import TracebackType
from xml.etree.ElementTree import ParseError

from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from shared.errors import StoreUnavailable

#: Errors that the client raises for an unavailable or failing server, for an answer that is cut or no XML, and for a
#: file that it uploads or downloads.
RAISED: tuple[type[Exception], ...] = (MinioException, HTTPError, OSError, ParseError)


class _Translation:
    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if isinstance(error, S3Error):
            code, status = error.code or "", int(error.response.status)
            raise StoreUnavailable(f"{code}: {error.message}".rstrip(": "), code, status) from error
        if isinstance(error, RAISED):
            raise StoreUnavailable(f"{type(error).__name__}: {error}") from error


#: A context manager that turns minio's errors into StoreUnavailable and lets all other errors pass.
translated = _Translation()
