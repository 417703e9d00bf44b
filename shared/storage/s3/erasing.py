"""Removes everything below a folder of a bucket for good: versions, delete markers and unfinished uploads.

In a bucket with versioning, a normal delete hides an object and leaves its content readable under its version id. It
still comes first: without versioning nothing more is needed, and the key needs no other right; and if a lock keeps the
content, the object is at least hidden.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from urllib.parse import unquote_plus

from minio import Minio
from minio.datatypes import Object, Upload
from minio.error import S3Error

from shared.errors import StoreUnavailable
from shared.storage.obstacles import (
    LEGAL_HOLD,
    MFA_DELETE,
    REFUSED,
    RETENTION,
    RIGHTS,
    Left,
    Obstacles,
    must_be_a_folder,
)
from shared.storage.s3.refusals import NO_SUCH_FEATURE, is_refusal, refusal_of

#: Pages of 1,000 uploads that are ended before the rest is left to the next run.
_ANSWERS = 20
#: The versioning status of a bucket that never had versioning.
_NEVER = (None, "", "Off", "Unversioned")


class Eraser:
    """Erases in one bucket. Its methods block and raise minio's errors, which `ObjectStore` translates."""

    def __init__(self, client: Minio, bucket: str, variables: str) -> None:
        """`variables`: how the names of the bucket's settings begin."""
        self._client = client
        self._bucket = bucket
        self._key = f"{variables}ACCESS_KEY"

    def erase(self, folder: str, found: Obstacles) -> None:
        """Remove everything below a folder, and add to `found` what could not be removed, and why."""
        must_be_a_folder(folder)
        hidden = Obstacles()
        self._hide(folder, hidden)
        kept = Obstacles()
        self._remove_versions(folder, kept)
        self._abort_uploads(folder, kept)
        left = self.left(folder)
        # A refused normal delete matters only if its object is still there.
        met = [*(hidden.found() if left.current or left.unseen else []), *kept.found()]
        for obstacle in met:
            found.add(obstacle.reason, obstacle.detail, obstacle.until)
        if left and not met:
            detail = (
                f"Bucket {self._bucket} still has {left}, though it answered that they were removed. "
                "See who else writes there: replication, a gateway, another archive."
            )
            found.add(REFUSED, detail)

    def left(self, folder: str) -> Left:
        """Count what is below a folder, and note whether everything could be listed."""
        left = Left()
        unseen = Obstacles()
        for version in self._versions(folder, unseen) or self._current(folder, unseen):
            if version.is_delete_marker:
                left.markers += 1
            elif version.is_latest == "false":
                left.versions += 1
            else:
                left.current += 1
        left.unfinished = len(self._uploads(folder, unseen))
        left.unseen = " ".join(obstacle.detail for obstacle in unseen.found()) or None
        return left

    def _hide(self, folder: str, found: Obstacles) -> None:
        for current in self._current(folder, found):
            refusal = refusal_of(partial(self._client.remove_object, self._bucket, str(current.object_name)))
            if refusal is not None:
                found.add(*self._lacks(refusal, "s3:DeleteObject", "remove objects"))

    def _remove_versions(self, folder: str, found: Obstacles) -> None:
        versions = self._versions(folder, found)
        kept = {str(v.object_name) for v in versions if not v.is_delete_marker and not self._removed(v, found)}
        # Last, and only if no version is left: without its marker, readers would see an old version again.
        for marker in versions:
            if marker.is_delete_marker and marker.object_name not in kept:
                self._removed(marker, found)

    def _removed(self, version: Object, found: Obstacles) -> bool:
        key, id_ = str(version.object_name), str(version.version_id or "null")
        refusal = refusal_of(partial(self._client.remove_object, self._bucket, key, version_id=id_))
        if refusal is None:
            return True
        if version.is_delete_marker or not self._locked(key, id_, found):
            found.add(*self._why_not(refusal))
        return False

    def _locked(self, key: str, version_id: str, found: Obstacles) -> bool:
        """Return whether a lock is seen on a version, and add it to `found`."""
        try:
            headers = self._client.stat_object(self._bucket, key, version_id=version_id).metadata or {}
        except S3Error:
            # The key may have the right to remove versions and not to read them.
            return False
        seen = False
        lock = {name.lower(): str(value) for name, value in headers.items()}
        if lock.get("x-amz-object-lock-legal-hold", "").upper() == "ON":
            seen = True
            detail = (
                f"An S3 legal hold keeps versions in bucket {self._bucket}. "
                "It does not expire: the person who set it must remove it (s3:PutObjectLegalHold)."
            )
            found.add(LEGAL_HOLD, detail)
        until = _moment(lock.get("x-amz-object-lock-retain-until-date"))
        if (mode := lock.get("x-amz-object-lock-mode")) and until is not None and until > datetime.now(UTC):
            seen = True
            found.add(RETENTION, self._retained(mode), until)
        return seen

    def _retained(self, mode: str) -> str:
        ending = (
            "Nobody can shorten that, not even the owner of the account"
            if mode.upper() == "COMPLIANCE"
            else "A user with s3:BypassGovernanceRetention may shorten it; this service never does"
        )
        return (
            f"S3 object lock (retention, mode {mode}) keeps versions in bucket {self._bucket}. "
            f"{ending}. They are removed when it has expired."
        )

    def _why_not(self, error: S3Error) -> tuple[str, str]:
        with suppress(S3Error):
            if self._client.get_bucket_versioning(self._bucket).mfa_delete == "Enabled":
                return MFA_DELETE, (
                    f"Bucket {self._bucket} has MFA delete: only the account's owner with the device may remove "
                    "versions, or turn it off."
                )
        reason, detail = self._lacks(error, "s3:DeleteObjectVersion", "remove versions")
        locks = " (Or a lock keeps them: s3:GetObjectRetention and s3:GetObjectLegalHold would show it.)"
        return reason, detail + (locks if reason == RIGHTS else "")

    def _abort_uploads(self, folder: str, found: Obstacles) -> None:
        for _ in range(_ANSWERS):
            uploads = self._uploads(folder, found)
            if not uploads or not all(self._ended(upload, found) for upload in uploads):
                return

    def abort_begun_before(self, folder: str, before: datetime) -> int:
        """End the uploads below a folder that were begun before a moment, of one answer. Returns how many.

        Raises StoreUnavailable if the key may not list or end them.
        """
        must_be_a_folder(folder)
        found, ended = Obstacles(), 0
        for upload in self._uploads(folder, found):
            if upload.initiated_time is not None and upload.initiated_time < before:
                ended += self._ended(upload, found)
        for obstacle in found.found():
            raise StoreUnavailable(obstacle.detail)
        return ended

    def _ended(self, upload: Upload, found: Obstacles) -> bool:
        refusal = self._abort(upload)
        if refusal is not None:
            found.add(*self._lacks(refusal, "s3:AbortMultipartUpload", "end unfinished uploads"))
        return refusal is None

    def _abort(self, upload: Upload) -> S3Error | None:
        # minio's private methods, here and in _uploads: the public ones do not know uploads of other clients.
        abort = self._client._abort_multipart_upload  # noqa: SLF001  # see above
        # Ceph encodes the names and does not say so; its answer to an unknown name is that of an ended upload.
        for name in dict.fromkeys((upload.object_name, unquote_plus(upload.object_name))):
            refusal = refusal_of(partial(abort, self._bucket, name, str(upload.upload_id)))
            if refusal is not None:
                return refusal
        return None

    def _current(self, folder: str, found: Obstacles) -> list[Object]:
        try:
            return list(self._client.list_objects(self._bucket, folder, recursive=True))
        except S3Error as error:
            if not is_refusal(error):
                raise
            found.add(*self._lacks(error, "s3:ListBucket", "list objects, so that some may be left"))
            return []

    def _versions(self, folder: str, found: Obstacles) -> list[Object]:
        """List versions and markers. Returns none and adds an obstacle if there may be some that may not be listed."""
        try:
            return list(self._client.list_objects(self._bucket, folder, recursive=True, include_version=True))
        except S3Error as error:
            if not is_refusal(error):
                raise
            if error.code not in NO_SUCH_FEATURE and not self._never_had_versions():
                found.add(
                    *self._lacks(
                        error,
                        "s3:ListBucketVersions and s3:DeleteObjectVersion",
                        "list versions, so that old ones may be left",
                        "; or s3:GetBucketVersioning, to see that the bucket never had any",
                    )
                )
            return []

    def _never_had_versions(self) -> bool:
        try:
            return self._client.get_bucket_versioning(self._bucket).status in _NEVER
        except S3Error as error:
            if not is_refusal(error):
                raise
            return error.code in NO_SUCH_FEATURE

    def _uploads(self, folder: str, found: Obstacles) -> list[Upload]:
        """List unfinished uploads, as many as one answer holds."""
        try:
            return list(self._client._list_multipart_uploads(self._bucket, prefix=folder).uploads)  # noqa: SLF001  # see above
        except S3Error as error:
            if not is_refusal(error):
                raise
            if error.code not in NO_SUCH_FEATURE:
                rights = "s3:ListBucketMultipartUploads and s3:AbortMultipartUpload"
                found.add(*self._lacks(error, rights, "list unfinished uploads, so that some may be left"))
            return []

    def _lacks(self, error: S3Error, rights: str, what: str, more: str = "") -> tuple[str, str]:
        if error.code == "AccessDenied":
            detail = f"{self._key} may not {what} in bucket {self._bucket}: its user needs {rights}{more}."
            return RIGHTS, detail
        detail = f"Bucket {self._bucket} does not let {self._key} {what}: {error.code}: {error.message}".rstrip(": ")
        return REFUSED, f"{detail}. It is tried again."


def _moment(text: str | None) -> datetime | None:
    """Parse 2027-01-01T00:00:00.000000000Z, to the second: servers differ in what follows. None: not a moment."""
    try:
        return datetime.strptime((text or "")[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
