"""Removes everything below a folder of a container for good: blobs, versions, snapshots, and uncommitted blocks.

With soft delete on, deleted content can be restored for some days. Versions and snapshots can be removed earlier, if
the account allows it; a soft-deleted blob cannot, so it is reported until its days are over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobProperties
from azure.storage.blob.aio import ContainerClient

from shared.storage.azure.driver_errors import code_of
from shared.storage.obstacles import (
    IMMUTABILITY_POLICY,
    LEASE,
    LEGAL_HOLD,
    REFUSED,
    RIGHTS,
    SOFT_DELETE,
    Left,
    Obstacles,
    must_be_a_folder,
)

#: What a listing includes besides the current blobs.
_INCLUDED = ["snapshots", "versions", "deleted", "uncommittedblobs", "immutabilitypolicy", "legalhold"]
#: Deleting a blob leaves a version, deleting that leaves a soft-deleted version, and that one is removed permanently.
_ROUNDS = 3
#: HTTP statuses with which Azure refuses this one request; others mean that Azure has trouble or the token is invalid.
_REFUSALS = {400, 403, 409, 412}
_NOT_ABOUT_THIS = {"AuthenticationFailed", "AccountIsDisabled", "ContainerBeingDeleted", "ContainerDisabled"}
#: Other codes that begin with Authorization are about addresses and networks, not rights.
_LACKS_RIGHT = (
    "AuthorizationPermissionMismatch",
    "AuthorizationResourceTypeMismatch",
    "InsufficientAccountPermissions",
)
#: The error of accounts with hierarchical namespaces, which have no versions.
_NO_VERSIONS = "FeatureNotYetSupportedForHierarchicalNamespaceAccounts"


class ContainerEraser:
    """Erases in one container. Its methods raise Azure's errors, which `BlobMirror` translates."""

    def __init__(self, client: ContainerClient) -> None:
        self._client = client
        self._name = client.container_name

    async def erase(self, folder: str, found: Obstacles) -> None:
        """Remove everything below a folder, and add to `found` what could not be removed, and why."""
        must_be_a_folder(folder)
        refused = Obstacles()
        for _ in range(_ROUNDS):
            refused = Obstacles()
            left = await self._listed(folder, refused)
            # Blobs first: their snapshots go with them, and a version can be removed once it is not the current one.
            removed = [await self._removed(blob, refused) for blob in sorted(left, key=_is_old)]
            if not any(removed):
                break
        left = await self._listed(folder, refused)
        for blob in left:
            if blob.deleted:
                found.add(SOFT_DELETE, self._soft_deleted(blob), _end_of_soft_delete(blob))
        for obstacle in refused.found():
            found.add(obstacle.reason, obstacle.detail, obstacle.until)
        if left and not found.found():
            detail = f"Container {self._name} still has {_counted(left)}, though it answered that they were removed."
            found.add(REFUSED, detail)

    async def left(self, folder: str) -> Left:
        """Count what is below a folder, and note whether everything could be listed."""
        unseen = Obstacles()
        left = _counted(await self._listed(folder, unseen))
        left.unseen = " ".join(obstacle.detail for obstacle in unseen.found()) or None
        return left

    async def _listed(self, folder: str, found: Obstacles) -> list[BlobProperties]:
        try:
            try:
                return await self._with(folder, _INCLUDED)
            except HttpResponseError as error:
                if code_of(error) != _NO_VERSIONS:
                    raise
                return await self._with(folder, [name for name in _INCLUDED if name != "versions"])
        except HttpResponseError as error:
            if not _is_refusal(error):
                raise
            found.add(*self._lacks(error, "list blobs", "l (list)"))
            return []

    async def _with(self, folder: str, included: list[str]) -> list[BlobProperties]:
        # A deleted blob of 0 bytes is the rest of an unfinished upload.
        return [
            blob
            async for blob in self._client.list_blobs(name_starts_with=folder, include=included)
            if not (blob.deleted and blob.size == 0)
        ]

    async def _removed(self, blob: BlobProperties, found: Obstacles) -> bool:
        """Remove one entry of a listing. Returns False if it is kept; `found` then says why, unless by soft delete."""
        if blob.deleted and not _is_old(blob):
            return False
        options: dict[str, Any] = {}
        if not _is_old(blob):
            options["delete_snapshots"] = "include"
        elif blob.snapshot is None:
            options["version_id"] = blob.version_id
        if blob.deleted:
            options["blob_delete_type"] = "Permanent"
        try:
            await self._delete(blob, options)
        except HttpResponseError as error:
            if not _is_refusal(error):
                raise
            if not blob.deleted:
                self._kept(blob, error, found)
            return False
        return True

    async def _delete(self, blob: BlobProperties, options: dict[str, Any]) -> None:
        client = self._client.get_blob_client(blob.name, snapshot=blob.snapshot)
        try:
            await client.delete_blob(**options)
        except ResourceNotFoundError:
            if _is_old(blob):
                return
            # Uncommitted blocks are listed as a blob that does not exist: write an empty one over them.
            try:
                await client.upload_blob(b"", overwrite=True, match_condition=MatchConditions.IfMissing)
                await client.delete_blob()
            except ResourceNotFoundError:
                return

    def _kept(self, blob: BlobProperties, error: HttpResponseError, found: Obstacles) -> None:
        code, where = code_of(error), f"container {self._name}"
        policy = blob.immutability_policy
        until = policy.expiry_time if policy is not None else None
        if blob.has_legal_hold or "LegalHold" in code:
            detail = f"A legal hold keeps blobs in {where}. It does not expire: the person who set it must remove it."
            found.add(LEGAL_HOLD, detail)
        elif until is not None and until > datetime.now(UTC):
            detail = (
                f"An immutability policy ({policy.policy_mode}) keeps blobs in {where}. They are removed when it has "
                "expired; a policy that is not locked can be shortened."
            )
            found.add(IMMUTABILITY_POLICY, detail, until)
        elif "Immutable" in code:
            detail = (
                f"An immutability policy or a legal hold of the whole container keeps blobs in {where}. Azure does not "
                "say until when; see the container's access policy."
            )
            found.add(IMMUTABILITY_POLICY, detail)
        elif code.startswith("Lease"):
            found.add(LEASE, f"A lease keeps blobs in {where}: its holder must release it, or break it.")
        else:
            right = "x (delete version)" if blob.snapshot is None and _is_old(blob) else "d (delete)"
            found.add(*self._lacks(error, f"remove {'versions' if right[0] == 'x' else 'blobs'}", right))

    def _lacks(self, error: HttpResponseError, what: str, right: str) -> tuple[str, str]:
        code = code_of(error)
        if code in _LACKS_RIGHT:
            return RIGHTS, (
                f"AZURE_SAS_TOKEN may not {what} in container {self._name}: it needs the permission {right}, or as a "
                "token of all that deleting takes: rwdlxy."
            )
        detail = f"Container {self._name} does not let AZURE_SAS_TOKEN {what}: {code or error.reason}. "
        return REFUSED, detail + "It is tried again."

    def _soft_deleted(self, blob: BlobProperties) -> str:
        if _is_old(blob):
            return (
                f"Soft delete keeps old versions or snapshots in container {self._name}, and somebody may bring them "
                "back. They go by themselves; sooner if the account allows permanent delete and AZURE_SAS_TOKEN has "
                "the permission y."
            )
        return (
            f"Soft delete keeps blobs in container {self._name}, and somebody may bring them back. They go by "
            "themselves; sooner only if soft delete is turned off, they are undeleted and removed again."
        )


def _is_old(blob: BlobProperties) -> bool:
    """Return whether it is a snapshot or an old version, which has an id of its own."""
    return blob.snapshot is not None or (blob.version_id is not None and not blob.is_current_version)


def _counted(blobs: list[BlobProperties]) -> Left:
    left = Left()
    for blob in blobs:
        if blob.deleted:
            left.soft_deleted += 1
        elif _is_old(blob):
            left.versions += 1
        elif blob.etag is None or blob.size == 0:
            # Objects of an archive are never empty, and uncommitted blocks have no size.
            left.unfinished += 1
        else:
            left.current += 1
    return left


def _end_of_soft_delete(blob: BlobProperties) -> datetime | None:
    days = blob.remaining_retention_days
    return None if days is None else datetime.now(UTC).replace(microsecond=0) + timedelta(days=days + 1)


def _is_refusal(error: HttpResponseError) -> bool:
    return error.status_code in _REFUSALS and code_of(error) not in _NOT_ABOUT_THIS
