"""An object of a mirror that is written in parts. The server compares the hash of each part when it arrives."""

from __future__ import annotations

from contextlib import suppress

from minio import Minio
from minio.datatypes import Part

from shared.errors import MirrorUnavailable
from shared.storage.content import Payload
from shared.storage.s3.mirror_errors import S3, translated
from shared.storage.s3.objects import must_have
from shared.storage.threads import in_thread


def checked(payload: Payload) -> dict[str, str | list[str] | tuple[str]]:
    """Return the header with which a server refuses other bytes.

    minio sends this or a SHA-256, but only servers that check signatures compare the latter.
    """
    return dict(payload.header)


class PartUpload:
    """One multipart upload. Parts of one that is not completed cost money until somebody ends it."""

    def __init__(self, client: Minio, bucket: str, name: str, upload_id: str, sha256: str) -> None:
        """`sha256`: what the metadata records."""
        self._client, self._bucket, self._name, self._id, self._sha256 = client, bucket, name, upload_id, sha256
        #: Number of a part, from 0 → its ETag.
        self._etags: dict[int, str] = {}

    async def part(self, number: int, payload: Payload) -> None:
        """Write a part. Raises MirrorUnavailable."""
        # minio's private methods, here and below: the public ones read a stream, and send its parts as they like.
        upload = self._client._upload_part  # noqa: SLF001  # see above
        with translated:
            # S3 counts from 1.
            self._etags[number] = await in_thread(
                upload, self._bucket, self._name, payload.content, checked(payload), self._id, number + 1
            )

    async def complete(self, number: int, md5: bytes) -> None:  # S3 computes a mark of its own
        """Make the object visible, of `number` parts. Raises MirrorUnavailable, also if a part is missing."""
        if missing := set(range(number)) - self._etags.keys():
            raise MirrorUnavailable(f"parts {sorted(missing)} of {self._name} were not written", target=S3)
        parts = [Part(each + 1, self._etags[each]) for each in range(number)]
        complete = self._client._complete_multipart_upload  # noqa: SLF001  # see above
        with translated:
            completed = await in_thread(complete, self._bucket, self._name, self._id, parts)
            if not completed.etag:
                # S3 begins to answer before it is done: an error can come after "200 OK", and minio does not read it.
                # Some servers give no ETag here either.
                await in_thread(must_have, self._client, self._bucket, self._name, self._sha256)

    async def abandon(self) -> None:
        """End the upload. If the server does not answer, `BucketMirror.remove_unfinished` ends it later."""
        abort = self._client._abort_multipart_upload  # noqa: SLF001  # see above
        with suppress(MirrorUnavailable), translated:
            await in_thread(abort, self._bucket, self._name, self._id)
