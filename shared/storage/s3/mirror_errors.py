"""Translates the errors of a mirror's S3 server: as those of the object store, but as the mirror's."""

from __future__ import annotations

from types import TracebackType

from shared.errors import MirrorUnavailable, StoreUnavailable
from shared.storage.s3.driver_errors import translated as as_store_error
from shared.storage.s3.objects import MISSING, ObjectMissing

#: The name of this target of the mirror.
S3 = "s3"


class _Translation:
    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            as_store_error.__exit__(kind, error, traceback)
            if isinstance(error, StoreUnavailable):
                raise error
            if isinstance(error, ObjectMissing):
                raise MirrorUnavailable(str(error), MISSING[0], 404, S3) from error
        except StoreUnavailable as found:
            raise MirrorUnavailable(str(found), found.code, found.status, S3) from found.__cause__ or found


#: A context manager that turns minio's errors and StoreUnavailable into MirrorUnavailable, and lets all others pass.
translated = _Translation()
