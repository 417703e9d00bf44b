"""A bucket of an S3 server as a target of the mirror.

A listing of S3 shows no metadata, hence no SHA-256, but it shows ETags. Objects are written in parts of the same size
as those of the object store, so that most servers give the copy the ETag of its object. Where they do not, for example
with keys of their own, the recorded SHA-256 is asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial

from shared.errors import MirrorError, MirrorUnavailable, first_line
from shared.settings import ObjectStoreSettings
from shared.storage.content import Content, Described, Listed, Payload
from shared.storage.obstacles import Left, Obstacle
from shared.storage.s3.mirror_errors import S3, translated
from shared.storage.s3.objects import MISSING, NO_BUCKET, PART_SIZE, ObjectStore
from shared.storage.s3.reading import encoded_metadata
from shared.storage.s3.refusals import refusal_of
from shared.storage.s3.uploading import PartUpload, checked
from shared.storage.target import Cure, Explanation
from shared.storage.threads import in_thread

#: How the names of its settings begin.
MIRROR_VARIABLES = "MIRROR_S3_"
#: Bytes read at once of a copy.
READ_BYTES = 4 * 2**20
#: Copies whose metadata is asked for at once.
AT_ONCE = 16


class BucketMirror:
    """One bucket."""

    name = S3
    title = "the S3 server of the mirror"
    # A smaller object has one ETag, a larger one that of its parts: like in the object store.
    whole_bytes = PART_SIZE
    part_bytes = PART_SIZE
    # S3 copies only within one server.
    fetches = False

    def __init__(self, settings: ObjectStoreSettings, *, missing_is_empty: bool = False) -> None:
        """Sends no request yet. Raises Misconfigured for an address that no S3 server can have.

        `missing_is_empty`: whether a bucket that does not exist counts as an empty one.
        """
        self.container = settings.bucket
        self._bucket = ObjectStore(settings, MIRROR_VARIABLES, missing_is_empty=missing_is_empty)
        self.missing = self._bucket.missing
        self._client = self._bucket.client

    async def ensure_container(self, wait_seconds: float, admission_seconds: float = 0) -> None:
        """Create the bucket if it is missing, waiting for the server. Raises Misconfigured or Unavailable.

        `admission_seconds`: how long to wait until somebody has created the keys or the bucket.
        """
        await self._bucket.ensure_bucket(wait_seconds, admission_seconds)

    async def close(self) -> None:
        """Do nothing: the connections end with the process."""

    async def problem(self) -> str | None:
        """Describe what is wrong with the bucket, for /readyz; None if it answers."""
        return await self._bucket.problem()

    async def put(self, name: str, payload: Payload, metadata: Mapping[str, str], content_type: str) -> None:
        """Write an object in one request. The server compares the MD5 of what arrived. Raises MirrorUnavailable."""
        headers = {**_headers(metadata, content_type), **checked(payload)}
        # minio's private method, here and below: the public one copies the content, and sends a hash of its own choice.
        put = self._client._put_object  # noqa: SLF001  # see above
        with translated:
            await in_thread(put, self.container, name, payload.content, headers)

    async def fetch(self, name: str, address: str, md5: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        """Raise MirrorUnavailable: S3 has no such request."""
        raise MirrorUnavailable(f"S3 cannot fetch {name}", target=S3)

    async def upload(self, name: str, metadata: Mapping[str, str], content_type: str) -> PartUpload:
        """Begin to write an object in parts. Raises MirrorUnavailable."""
        begin = self._client._create_multipart_upload  # noqa: SLF001  # see above
        with translated:
            id_ = await in_thread(begin, self.container, name, _headers(metadata, content_type))
        return PartUpload(self._client, self.container, name, id_, metadata.get("sha256", ""))

    async def delete(self, name: str) -> bool:
        """Remove an object, if it is there; versions keep its content. Raises MirrorUnavailable.

        Returns False if a lock or a policy keeps it.
        """
        with translated:
            return await in_thread(refusal_of, partial(self._client.remove_object, self.container, name)) is None

    async def erase(self, folder: str, container: str | None = None) -> list[Obstacle]:
        """Remove everything below a folder for good. `container`: another bucket of this server.

        Returns what keeps the rest; an empty list if nothing is left. Raises MirrorUnavailable.
        """
        with translated:
            return await self._bucket.erase(folder, container)

    async def left_below(self, folder: str) -> Left:
        """Count objects, old versions, delete markers and unfinished uploads below a folder.

        Raises MirrorUnavailable.
        """
        with translated:
            return await self._bucket.left_below(folder)

    async def remove_unfinished(self, folder: str, before: datetime) -> int:
        """End uploads of processes that died. Returns how many. Raises MirrorUnavailable."""
        with translated:
            return await self._bucket.remove_unfinished(folder, before)

    async def stat(self, name: str) -> Content | None:
        """Return size and recorded SHA-256 of an object; None if there is none. Raises MirrorUnavailable."""
        with translated:
            return await self._bucket.stat(name)

    async def has(self, name: str, sha256: str) -> bool:
        """Return whether the bucket has this content under `name`. Raises MirrorUnavailable."""
        found = await self.stat(name)
        return found is not None and found.sha256 == sha256

    async def metadata(self, name: str) -> dict[str, str]:
        """Return the metadata of an object, with the names and values of the original's. Raises MirrorUnavailable."""
        with translated:
            found = await self._bucket.seen(name)
        if found is None:
            raise MirrorUnavailable(f"{name} is not in the mirror", MISSING[0], 404, S3)
        return found.metadata

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """Yield the content of an object in blocks. Raises MirrorUnavailable, also if it is not there."""
        with translated:
            reading = await in_thread(self._bucket.reading, name)
            with reading as found:
                while block := await in_thread(found.stream.read, READ_BYTES):
                    yield block

    async def names(self, prefix: str, batch: int) -> AsyncIterator[list[str]]:
        """Yield the names of all objects below a prefix, in batches. Raises MirrorUnavailable."""
        async for found in self.listed(prefix, batch):
            yield [each.name for each in found]

    async def listed(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[Listed]]:
        """Yield names, sizes and ETags of all objects below a prefix, in batches. Raises MirrorUnavailable.

        `after`: only those after this name.
        """
        with translated:
            async for found in self._bucket.listed(prefix, batch, after):
                yield found

    async def described(self, prefix: str) -> AsyncIterator[Described]:
        """Yield all objects below a prefix with their metadata: one request for each. Raises MirrorUnavailable."""
        async for names in self.names(prefix, AT_ONCE):
            with translated:
                seen = await asyncio.gather(*map(self._bucket.seen, names))
            for name, found in zip(names, seen, strict=True):
                # Else it was deleted since it was listed.
                if found is not None:
                    yield Described(name, found.content.size_bytes, found.written_at, found.metadata)

    def explain(self, error: MirrorError) -> Explanation:
        """Return what a person does about an error of this bucket."""
        if (wrong := self._bucket.wrong_setting_of(error.code)) is not None:
            return Explanation(Cure.SETTING, wrong)
        if error.code == NO_BUCKET:
            return Explanation(
                Cure.RIGHT,
                f"{self._bucket.where} has no bucket {self.container}, and it could not be created: create it, or "
                f"allow {MIRROR_VARIABLES}ACCESS_KEY to.",
            )
        return Explanation(
            Cure.WAIT,
            f"{self._bucket.where}: {error.code or first_line(error)}. Try again; if it fails again, check "
            f"{MIRROR_VARIABLES}ENDPOINT.",
        )


def _headers(metadata: Mapping[str, str], content_type: str) -> dict[str, str | list[str] | tuple[str]]:
    named = {f"x-amz-meta-{name}": value for name, value in encoded_metadata(metadata).items()}
    return {**named, "Content-Type": content_type}
