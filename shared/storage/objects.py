"""The S3-compatible object store, through the minio client. It blocks, so every call runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import urllib3
from minio import Minio

from shared.errors import FonotecaError, Misconfigured, NotAdmitted, Refused, StoreError, StoreUnavailable
from shared.settings import ObjectStoreSettings
from shared.storage.content import Content
from shared.storage.driver_errors import RAISED, translated
from shared.storage.erasing import Eraser
from shared.storage.obstacles import Left, Obstacle, Obstacles
from shared.storage.reading import ObjectReading, OpenObject, own_metadata
from shared.waiting import wait_for_server

#: Seconds to connect; seconds to wait for the next byte.
CONNECT_SECONDS, READ_SECONDS = 5, 60
#: Connections kept open; more than the scraper has slots, and as many as the mirror reads objects at once by default.
CONNECTIONS = 32
#: Bytes of one part of a large upload; the client holds one part in memory.
PART_SIZE = 16 * 2**20
_MISSING = ("NoSuchKey", "NoSuchObject", "NotFound")
_WRONG_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "AuthorizationHeaderMalformed"}
_WRONG_BUCKET = {"InvalidBucketName"}
_WRONG_REGION = {
    *("PermanentRedirect", "InvalidRegion", "InvalidLocationConstraint", "IllegalLocationConstraintException")
}
#: S3's code for a bucket that does not exist.
NO_BUCKET = "NoSuchBucket"

#: Codes that are about one object: the server accepts others.
_REFUSED = {"MetadataTooLarge", "EntityTooLarge", "KeyTooLongError", "InvalidArgument", "InvalidRequest"}


class ObjectRefused(StoreError, Refused):
    """The object store works, but does not accept this object."""


class ObjectMissing(FonotecaError):
    """There is no object under this key."""


class ObjectStore:
    """One bucket."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        """Sends no request yet. Raises Misconfigured for an address that no S3 server can have."""
        self.bucket = settings.bucket
        self._settings = settings
        http = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
        )
        try:
            self._client = Minio(
                settings.endpoint,
                access_key=settings.access_key.get_secret_value(),
                secret_key=settings.secret_key.get_secret_value(),
                secure=settings.secure,
                region=settings.region,
                http_client=http,
            )
        except ValueError as error:
            # The client checks Amazon's own addresses more strictly than our rules for settings.
            raise Misconfigured(
                f"MINIO_ENDPOINT, MINIO_REGION or MINIO_SECURE is wrong for {settings.endpoint}: {error}. "
                "Correct them together."
            ) from error

    async def ensure_bucket(self, wait_seconds: float, admission_seconds: float = 0) -> None:
        """Create the bucket if it is missing, waiting for the server. Raises Misconfigured or Unavailable.

        `admission_seconds`: how long to wait until somebody has created the keys or the bucket.
        """

        async def attempt() -> None:
            await asyncio.to_thread(self._ensure_bucket)

        await wait_for_server("the S3 server", "MINIO_ENDPOINT", attempt, wait_seconds, admission_seconds)

    def _ensure_bucket(self) -> None:
        try:
            with translated:
                if not self._client.bucket_exists(self.bucket):
                    self._client.make_bucket(self.bucket)
        except StoreError as error:
            if error.code in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                return
            if (wrong := self.wrong_setting(error)) is not None:
                raise (NotAdmitted if error.code in _WRONG_KEYS else Misconfigured)(wrong) from error
            hint = " (is MINIO_SECURE right?)" if "SSL" in str(error) else ""
            raise StoreUnavailable(f"{self._where}: {error}{hint}", error.code, error.status) from error

    @property
    def _where(self) -> str:
        return f"The S3 server at {self._settings.endpoint}"

    def wrong_setting(self, error: Exception) -> str | None:
        """Describe the setting that caused an error; None if no setting did."""
        code = error.code if isinstance(error, StoreError) else ""
        if code in _WRONG_KEYS:
            return f"{self._where} refused MINIO_ACCESS_KEY or MINIO_SECRET_KEY for bucket {self.bucket}: {code}."
        if code in _WRONG_BUCKET:
            return f"{self._where} does not accept the bucket name {self.bucket}: {code}. Choose another MINIO_BUCKET."
        if code in _WRONG_REGION:
            return f"{self._where} is in another region than {self._settings.region}: {code}. Correct MINIO_REGION."
        return None

    async def problem(self) -> str | None:
        """Describe what is wrong with the bucket, for /readyz; None if it is there."""
        try:
            there = await asyncio.to_thread(self._client.bucket_exists, self.bucket)
        except RAISED as error:
            return f"the S3 server does not answer: {type(error).__name__}"
        return None if there else f"bucket {self.bucket} is missing"

    async def put_file(self, key: str, path: Path, content_type: str, metadata: Mapping[str, str]) -> str:
        """Store a file. Metadata values are percent-encoded, since S3 takes ASCII only.

        Returns the ETag that the server gave it: see `etags`. Raises ObjectRefused or StoreUnavailable.
        """
        encoded: dict[str, str | list[str] | tuple[str]] = {n: quote(v, safe=" /:?&=,@+") for n, v in metadata.items()}

        def put() -> str:
            written = self._client.fput_object(
                self.bucket, key, str(path), content_type=content_type, metadata=encoded, part_size=PART_SIZE
            )
            return str(written.etag or "")

        uploading = asyncio.ensure_future(asyncio.to_thread(put))
        try:
            with translated:
                return await asyncio.shield(uploading)
        except StoreUnavailable as error:
            if error.code in _REFUSED:
                raise ObjectRefused(str(error), error.code, error.status) from error
            raise
        except asyncio.CancelledError:
            # A thread cannot be stopped: wait, so that it cannot overwrite what a later attempt stores under this key.
            await asyncio.wait({uploading})
            raise

    async def stat(self, key: str) -> Content | None:
        """Return size and recorded SHA-256 of an object; None if there is none. Raises StoreUnavailable."""
        try:
            with translated:
                found = await asyncio.to_thread(self._client.stat_object, self.bucket, key)
        except StoreUnavailable as error:
            if error.code in _MISSING:
                return None
            raise
        metadata = own_metadata({str(name): str(value) for name, value in (found.metadata or {}).items()})
        return Content(found.size or 0, metadata.get("sha256", ""))

    async def keys(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[str]]:
        """Yield the keys of all objects below a prefix, in order and in batches. `after`: only those after this key.

        Raises StoreUnavailable.
        """
        listing = iter(self._client.list_objects(self.bucket, prefix, recursive=True, start_after=after))

        def read() -> list[str]:
            with translated:
                return [str(each.object_name) for each in islice(listing, batch)]

        while found := await asyncio.to_thread(read):
            yield found

    async def delete(self, key: str) -> None:
        """Remove an object, if it is there. A bucket with versioning keeps its content. Raises StoreUnavailable."""
        with translated:
            await asyncio.to_thread(self._client.remove_object, self.bucket, key)

    async def erase(self, folder: str, bucket: str | None = None) -> list[Obstacle]:
        """Remove everything below a folder for good, with all versions. `bucket`: another one of this server.

        Returns what keeps the rest; an empty list if nothing is left. Raises StoreUnavailable.
        """
        found = Obstacles()
        try:
            with translated:
                await asyncio.to_thread(Eraser(self._client, bucket or self.bucket).erase, folder, found)
        except StoreUnavailable as error:
            # A former bucket that is gone holds nothing; a missing current bucket is an error.
            if error.code != NO_BUCKET or bucket in (None, self.bucket):
                raise
        return found.found()

    async def left_below(self, folder: str) -> Left:
        """Count what is below a folder, including old versions, delete markers and unfinished uploads.

        Raises StoreUnavailable.
        """
        with translated:
            return await asyncio.to_thread(Eraser(self._client, self.bucket).left, folder)

    def reading(self, key: str, offset: int = 0, length: int = 0) -> AbstractContextManager[ObjectReading]:
        """Open an object as a stream with its metadata, for a `with`. Blocks: call it and its reads in a thread.

        `offset`, `length`: only these bytes of it; a length of 0: to its end. Raises ObjectMissing or StoreUnavailable.
        """
        try:
            with translated:
                return OpenObject(self._client.get_object(self.bucket, key, offset=offset, length=length))
        except StoreUnavailable as error:
            if error.code in _MISSING:
                raise ObjectMissing(f"{key} is not in the object store") from error
            raise
