"""A bucket of an S3 server, through the minio client. It blocks, so every call runs in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import urllib3
from minio import Minio

from shared.errors import FonotecaError, Misconfigured, NotAdmitted, Refused, StoreError, StoreUnavailable
from shared.settings import ObjectStoreSettings
from shared.storage.content import Content, Listed, Seen
from shared.storage.missing import Missing
from shared.storage.obstacles import Left, Obstacle, Obstacles
from shared.storage.s3.driver_errors import RAISED, translated
from shared.storage.s3.erasing import Eraser
from shared.storage.s3.reading import ObjectReading, OpenObject, encoded_metadata, own_metadata
from shared.storage.threads import in_thread
from shared.waiting import wait_for_server

#: How the names of the object store's settings begin.
STORE_VARIABLES = "MINIO_"
#: Seconds to connect; seconds to wait for the next byte.
CONNECT_SECONDS, READ_SECONDS = 5, 60
#: Connections kept open: more than the scraper has slots, or the mirror's events and reconciliations have together.
CONNECTIONS = 64
#: Bytes of one part of a large upload; the client holds one part in memory.
PART_SIZE = 16 * 2**20
#: S3's codes for an object that does not exist.
MISSING = ("NoSuchKey", "NoSuchObject", "NotFound")
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

    def __init__(
        self, settings: ObjectStoreSettings, variables: str = STORE_VARIABLES, *, missing_is_empty: bool = False
    ) -> None:
        """Sends no request yet. Raises Misconfigured for an address that no S3 server can have.

        `variables`: how the names of its settings begin, for sentences that name one. `missing_is_empty`: whether a
        bucket that does not exist counts as an empty one.
        """
        self.bucket = settings.bucket
        self.missing = Missing(NO_BUCKET, is_empty=missing_is_empty)
        #: Whether no ETag that looks like an MD5 turned out to be something else.
        self.etags_are_md5 = True
        self._settings = settings
        self._variables = variables
        http = urllib3.PoolManager(
            maxsize=CONNECTIONS,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=urllib3.Retry(total=2, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
        )
        try:
            self.client = Minio(
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
                f"{variables}ENDPOINT, {variables}REGION or {variables}SECURE is wrong for {settings.endpoint}: "
                f"{error}. Correct them together."
            ) from error

    async def ensure_bucket(self, wait_seconds: float, admission_seconds: float = 0) -> None:
        """Create the bucket if it is missing, waiting for the server. Raises Misconfigured or Unavailable.

        `admission_seconds`: how long to wait until somebody has created the keys or the bucket.
        """

        async def attempt() -> None:
            await asyncio.to_thread(self._ensure_bucket)

        variable = f"{self._variables}ENDPOINT"
        await wait_for_server("the S3 server", variable, attempt, wait_seconds, admission_seconds)

    def _ensure_bucket(self) -> None:
        try:
            with translated:
                if not self.client.bucket_exists(self.bucket):
                    self.client.make_bucket(self.bucket)
        except StoreError as error:
            if error.code in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                return
            if (wrong := self.wrong_setting(error)) is not None:
                raise (NotAdmitted if error.code in _WRONG_KEYS else Misconfigured)(wrong) from error
            hint = f" (is {self._variables}SECURE right?)" if "SSL" in str(error) else ""
            raise StoreUnavailable(f"{self.where}: {error}{hint}", error.code, error.status) from error

    @property
    def where(self) -> str:
        """The server, for a sentence."""
        return f"The S3 server at {self._settings.endpoint}"

    def wrong_setting(self, error: Exception) -> str | None:
        """Describe the setting that caused an error; None if no setting did."""
        return self.wrong_setting_of(error.code) if isinstance(error, StoreError) else None

    def wrong_setting_of(self, code: str) -> str | None:
        """Describe the setting that caused an error with this code of S3's; None if no setting did."""
        variables = self._variables
        if code in _WRONG_KEYS:
            keys = f"{variables}ACCESS_KEY or {variables}SECRET_KEY"
            return f"{self.where} refused {keys} for bucket {self.bucket}: {code}."
        if code in _WRONG_BUCKET:
            wrong = f"does not accept the bucket name {self.bucket}: {code}"
            return f"{self.where} {wrong}. Choose another {variables}BUCKET."
        if code in _WRONG_REGION:
            region = self._settings.region
            return f"{self.where} is in another region than {region}: {code}. Correct {variables}REGION."
        return None

    async def problem(self) -> str | None:
        """Describe what is wrong with the bucket, for /readyz; None if it is there."""
        try:
            there = await asyncio.to_thread(self.client.bucket_exists, self.bucket)
        except RAISED as error:
            return f"the S3 server does not answer: {type(error).__name__}"
        return None if there else f"bucket {self.bucket} is missing"

    async def put_file(self, key: str, path: Path, content_type: str, metadata: Mapping[str, str]) -> str:
        """Store a file. Metadata values are percent-encoded, since S3 takes ASCII only.

        Returns the ETag that the server gave it: see `etags`. Raises ObjectRefused or StoreUnavailable.
        """
        encoded: dict[str, str | list[str] | tuple[str]] = {**encoded_metadata(metadata)}

        def put() -> str:
            written = self.client.fput_object(
                self.bucket, key, str(path), content_type=content_type, metadata=encoded, part_size=PART_SIZE
            )
            if not written.etag:
                must_have(self.client, self.bucket, key, metadata.get("sha256", ""))
            return str(written.etag or "")

        try:
            with translated:
                # To its end, so that it cannot overwrite what a later attempt stores under this key.
                return await in_thread(put)
        except StoreUnavailable as error:
            if error.code in _REFUSED:
                raise ObjectRefused(str(error), error.code, error.status) from error
            raise

    async def stat(self, key: str) -> Content | None:
        """Return size and recorded SHA-256 of an object; None if there is none. Raises StoreUnavailable."""
        found = await self.seen(key)
        return found.content if found is not None else None

    async def seen(self, key: str) -> Seen | None:
        """Return what one request shows of an object; None if there is none. Raises StoreUnavailable."""
        try:
            with translated:
                return await asyncio.to_thread(_see, self.client, self.bucket, key)
        except StoreUnavailable as error:
            if error.code in MISSING or self.missing.forgives(error):
                return None
            raise

    async def keys(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[str]]:
        """Yield the keys of all objects below a prefix, in order and in batches. `after`: only those after this key.

        Raises StoreUnavailable.
        """
        async for found in self.listed(prefix, batch, after):
            yield [each.name for each in found]

    async def listed(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[Listed]]:
        """Do the same with sizes and ETags; a listing shows no SHA-256. Raises StoreUnavailable."""
        listing = iter(self.client.list_objects(self.bucket, prefix, recursive=True, start_after=after))

        def read() -> list[Listed]:
            return [
                Listed(str(each.object_name), Content(each.size or 0, ""), each.etag or "")
                for each in islice(listing, batch)
            ]

        with self.missing.allowed(translated):
            while found := await asyncio.to_thread(read):
                yield found

    async def delete(self, key: str) -> None:
        """Remove an object, if it is there. A bucket with versioning keeps its content. Raises StoreUnavailable."""
        with translated:
            await asyncio.to_thread(self.client.remove_object, self.bucket, key)

    async def erase(self, folder: str, bucket: str | None = None) -> list[Obstacle]:
        """Remove everything below a folder for good, with all versions. `bucket`: another one of this server.

        Returns what keeps the rest; an empty list if nothing is left. Raises StoreUnavailable.
        """
        found = Obstacles()
        try:
            with translated:
                await asyncio.to_thread(self._eraser(bucket).erase, folder, found)
        except StoreUnavailable as error:
            # A former bucket that is gone holds nothing; a missing current bucket is an error.
            if error.code != NO_BUCKET or bucket in (None, self.bucket):
                raise
        return found.found()

    async def left_below(self, folder: str) -> Left:
        """Count what is below a folder, including old versions, delete markers and unfinished uploads.

        Raises StoreUnavailable.
        """
        with self.missing.allowed(translated):
            return await asyncio.to_thread(self._eraser().left, folder)
        return Left()

    async def remove_unfinished(self, folder: str, before: datetime) -> int:
        """End the uploads below a folder that were begun before a moment. Returns how many. Raises StoreUnavailable."""
        with self.missing.allowed(translated):
            return await in_thread(self._eraser().abort_begun_before, folder, before)
        return 0

    def _eraser(self, bucket: str | None = None) -> Eraser:
        return Eraser(self.client, bucket or self.bucket, self._variables)

    def reading(self, key: str, offset: int = 0, length: int = 0) -> AbstractContextManager[ObjectReading]:
        """Open an object as a stream with its metadata, for a `with`. Blocks: call it and its reads in a thread.

        `offset`, `length`: only these bytes of it; a length of 0: to its end. Raises ObjectMissing or StoreUnavailable.
        """
        try:
            with translated:
                return OpenObject(self.client.get_object(self.bucket, key, offset=offset, length=length))
        except StoreUnavailable as error:
            if error.code in MISSING or self.missing.forgives(error):
                raise ObjectMissing(f"{key} is not in the object store") from error
            raise


def must_have(client: Minio, bucket: str, key: str, sha256: str) -> None:
    """Ask whether an object is there that records this SHA-256, where the answer to its upload does not say so.

    When parts are put together, an error can come after "200 OK", which minio does not read. Blocks. Raises
    StoreUnavailable, and minio's errors.
    """
    if _see(client, bucket, key).content.sha256 != sha256:
        raise StoreUnavailable(f"the parts of {key} were not put together")


def _see(client: Minio, bucket: str, key: str) -> Seen:
    found = client.stat_object(bucket, key)
    metadata = own_metadata({str(name): str(value) for name, value in (found.metadata or {}).items()})
    content = Content(found.size or 0, metadata.get("sha256", ""))
    return Seen(content, found.etag or "", found.last_modified or datetime.fromtimestamp(0, UTC), metadata)
