"""Turns what minio raises into the errors of this project: see `shared.errors`."""

from __future__ import annotations

from types import TracebackType

from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from shared.errors import StoreUnavailable

#: What the client raises while the server is away or unwell; of a file that it uploads or downloads, too.
RAISED: tuple[type[Exception], ...] = (MinioException, HTTPError, OSError)


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


#: A `with` in which an error of minio leaves as StoreUnavailable, and every other exception as it is.
translated = _Translation()
