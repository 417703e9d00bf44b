"""The S3-compatible object store, through the minio client (which blocks, so every call runs in a thread)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote, unquote

import urllib3
from minio import Minio
from urllib3.response import BaseHTTPResponse

from shared.errors import FonotecaError, Misconfigured, NotAdmitted, Refused, StoreError, StoreUnavailable
from shared.settings import ObjectStoreSettings
from shared.storage.content import Content
from shared.storage.driver_errors import RAISED, translated
from shared.storage.erasing import Eraser
from shared.storage.obstacles import Left, Obstacle, Obstacles
from shared.waiting import wait_for_server

#: Seconds to connect; seconds without a byte.
CONNECT_SECONDS, READ_SECONDS = 5, 60
#: Connections kept open; above the scraper's slots.
CONNECTIONS = 16
#: Bytes of one part of a large upload, which is also what the client holds in memory.
PART_SIZE = 16 * 2**20
_MISSING = ("NoSuchKey", "NoSuchObject", "NotFound")
_WRONG_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "AuthorizationHeaderMalformed"}
_WRONG_BUCKET = {"InvalidBucketName"}
_WRONG_REGION = {
    *("PermanentRedirect", "InvalidRegion", "InvalidLocationConstraint", "IllegalLocationConstraintException")
}
#: What is said of a bucket that nobody has made.
NO_BUCKET = "NoSuchBucket"

#: Codes that are about one object; the server takes others.
_REFUSED = {"MetadataTooLarge", "EntityTooLarge", "KeyTooLongError", "InvalidArgument", "InvalidRequest"}


class ObjectRefused(StoreError, Refused):
    """The object store is well, but does not take such an object."""


class ObjectMissing(FonotecaError):
    """There is no object under this key."""


class ObjectStore:
    """One bucket."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        """Nothing is asked yet. Raises Misconfigured for an address that no S3 server has."""
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
            # What the client knows of Amazon's own addresses, and the settings do not.
            raise Misconfigured(
                f"MINIO_ENDPOINT, MINIO_REGION or MINIO_SECURE is wrong for {settings.endpoint}: {error}. "
                "Correct them together."
            ) from error

    async def ensure_bucket(self, wait_seconds: float, admission_seconds: float = 0) -> None:
        """Make the bucket if it is missing, waiting for the server. Raises Misconfigured or Unavailable.

        `admission_seconds`: how long to wait for the keys, or the bucket, to be made.
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
        """What a server's refusal says of our settings; None if it says nothing of them."""
        code = error.code if isinstance(error, StoreError) else ""
        if code in _WRONG_KEYS:
            return f"{self._where} refused MINIO_ACCESS_KEY or MINIO_SECRET_KEY for bucket {self.bucket}: {code}."
        if code in _WRONG_BUCKET:
            return f"{self._where} takes no bucket {self.bucket}: {code}. Choose another MINIO_BUCKET."
        if code in _WRONG_REGION:
            return f"{self._where} is in another region than {self._settings.region}: {code}. Correct MINIO_REGION."
        return None

    async def problem(self) -> str | None:
        """None if the bucket is there, else what is wrong; for /readyz."""
        try:
            there = await asyncio.to_thread(self._client.bucket_exists, self.bucket)
        except RAISED as error:
            return f"the S3 server does not answer: {type(error).__name__}"
        return None if there else f"bucket {self.bucket} is missing"

    async def put_file(self, key: str, path: Path, content_type: str, metadata: Mapping[str, str]) -> str:
        """Store a file. Metadata values are percent-encoded, since S3 takes ASCII only. Raises ObjectRefused.

        Returns the ETag that the server gave it: see `etags`.
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
            # A thread cannot be stopped: wait, lest it overwrites what a later attempt stores under the same key.
            await asyncio.wait({uploading})
            raise

    async def stat(self, key: str) -> Content | None:
        """Size and recorded SHA-256 of an object; None if there is none."""
        try:
            with translated:
                found = await asyncio.to_thread(self._client.stat_object, self.bucket, key)
        except StoreUnavailable as error:
            if error.code in _MISSING:
                return None
            raise
        metadata = _own_metadata({str(name): str(value) for name, value in (found.metadata or {}).items()})
        return Content(found.size or 0, metadata.get("sha256", ""))

    async def keys(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[str]]:
        """The keys of all objects below a prefix, in their order and in batches; `after`: only those after this one."""
        listing = iter(self._client.list_objects(self.bucket, prefix, recursive=True, start_after=after))

        def read() -> list[str]:
            with translated:
                return [str(each.object_name) for each in islice(listing, batch)]

        while found := await asyncio.to_thread(read):
            yield found

    async def delete(self, key: str) -> None:
        """Remove an object; removing what is not there is no error. Where there is versioning, its content is kept."""
        with translated:
            await asyncio.to_thread(self._client.remove_object, self.bucket, key)

    async def erase(self, folder: str, bucket: str | None = None) -> list[Obstacle]:
        """Remove everything below a folder for good, with all versions; `bucket`: another one of this server.

        Returns what keeps the rest, none if nothing is left. Raises a store's error if the server is away.
        """
        found = Obstacles()
        try:
            with translated:
                await asyncio.to_thread(Eraser(self._client, bucket or self.bucket).erase, folder, found)
        except StoreUnavailable as error:
            # A bucket of former days went with all that was in it; without its own one this store is unwell.
            if error.code != NO_BUCKET or bucket in (None, self.bucket):
                raise
        return found.found()

    async def left_below(self, folder: str) -> Left:
        """What is below a folder, old versions, delete markers and unfinished uploads included."""
        with translated:
            return await asyncio.to_thread(Eraser(self._client, self.bucket).left, folder)

    def reading(self, key: str, offset: int = 0, length: int = 0) -> AbstractContextManager[ObjectReading]:
        """An object as a stream with its metadata, to be used in a `with`. Blocks: call it and its reads in a thread.

        `offset`, `length`: only these bytes of it; 0: to its end. Raises ObjectMissing.
        """
        try:
            with translated:
                return _Reading(self._client.get_object(self.bucket, key, offset=offset, length=length))
        except StoreUnavailable as error:
            if error.code in _MISSING:
                raise ObjectMissing(f"{key} is not in the object store") from error
            raise


class ObjectStream:
    """The bytes of an open object."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    def read(self, number: int = -1) -> bytes:
        """The next bytes, at most `number`, b"" at the end; -1: all that are left. Blocks. Raises StoreUnavailable."""
        with translated:
            return self._response.read(number if number >= 0 else None)


@dataclass(frozen=True)
class ObjectReading:
    """An open object. Metadata names are in lower case, values decoded."""

    stream: ObjectStream
    metadata: Mapping[str, str]
    content_type: str = ""


class _Reading(AbstractContextManager[ObjectReading]):
    """Gives urllib3's connection back when the reading is over."""

    def __init__(self, response: BaseHTTPResponse) -> None:
        self._response = response

    def __enter__(self) -> ObjectReading:
        metadata = _own_metadata(dict(self._response.headers.items()))
        content_type = self._response.headers.get("Content-Type", "")
        return ObjectReading(ObjectStream(self._response), metadata, content_type)

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._response.release_conn()


def _own_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """The metadata among an object's headers: names in lower case without their prefix, values decoded."""
    prefix = "x-amz-meta-"
    return {
        name.lower().removeprefix(prefix): unquote(value)
        for name, value in headers.items()
        if name.lower().startswith(prefix)
    }
