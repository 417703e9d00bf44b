"""A container of Azure Blob Storage as a target of the mirror."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit
from urllib.request import getproxies

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobServiceClient

from shared.errors import MirrorError, MirrorUnavailable, NotAdmitted, first_line
from shared.settings import AzureSettings
from shared.storage.azure.credential import credential_of
from shared.storage.azure.driver_errors import AZURE, code_of, translated
from shared.storage.azure.erasing import ContainerEraser
from shared.storage.azure.metadata import decoded, encoded
from shared.storage.azure.uploading import BlockUpload, new_request_id
from shared.storage.content import Content, Described, Listed, Payload
from shared.storage.missing import Missing
from shared.storage.obstacles import Left, Obstacle, Obstacles
from shared.storage.target import Cure, Explanation
from shared.waiting import wait_for_server

#: Seconds to connect; seconds to wait for the next byte.
CONNECT_SECONDS, READ_SECONDS = 5, 60
#: HTTP statuses with which Azure refuses to delete a blob: because of a policy or a hold; because of a lease.
KEPT = (409, 412)
#: Bytes up to which a blob is written in one request. Azure would take 5,000 MiB; this bounds the memory.
WHOLE_BYTES = 8 * 2**20
#: Bytes of a block of a larger one. Azure takes up to 50,000 blocks.
BLOCK_BYTES = 8 * 2**20

#: Azure's codes for a valid token without the right to create containers, such as one for a single container.
MAY_NOT_CREATE = (
    "AuthorizationPermissionMismatch",
    "AuthorizationResourceTypeMismatch",
    "InsufficientAccountPermissions",
)


#: Azure's codes for a container that does not exist, and for one whose name is not free yet.
NO_CONTAINER, BEING_DELETED = "ContainerNotFound", "ContainerBeingDeleted"


class BlobMirror:
    """One container."""

    name = AZURE
    title = "Azure"
    whole_bytes = WHOLE_BYTES
    part_bytes = BLOCK_BYTES
    fetches = True

    def __init__(self, settings: AzureSettings, *, missing_is_empty: bool = False) -> None:
        """`missing_is_empty`: whether a container that does not exist counts as an empty one."""
        assert settings.account_url is not None
        self.container = settings.container
        self.missing = Missing(NO_CONTAINER, is_empty=missing_is_empty)
        self._url = settings.account_url
        self._host = urlsplit(settings.account_url).netloc
        self._service = BlobServiceClient(
            settings.account_url,
            credential=credential_of(settings),
            # The SDK looks for a proxy in the environment at every request, in a thread: not where there is none.
            use_env_settings=bool(getproxies()),
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            # The SDK's defaults wait 15 s and more between tries; a message in the delay tree occupies no slot.
            max_single_put_size=WHOLE_BYTES,
            retry_total=2,
            initial_backoff=0.5,
            increment_base=2,
        )
        self._client = self._service.get_container_client(settings.container)

    async def ensure_container(self, wait_seconds: float, admission_seconds: float = 0) -> None:
        """Create the container if it is missing, waiting for the server. Raises Misconfigured or Unavailable.

        `admission_seconds`: how long to wait for a token that is not valid yet.
        """
        await wait_for_server(
            "Azure Blob Storage", "AZURE_ACCOUNT_URL", self._ensure_container, wait_seconds, admission_seconds
        )

    async def _ensure_container(self) -> None:
        try:
            await self._client.create_container()
        except ResourceExistsError:
            return
        except HttpResponseError as error:
            if error.status_code in (401, 403):
                if code_of(error) in MAY_NOT_CREATE:
                    return
                raise NotAdmitted(
                    f"Azure at {self._host} refused AZURE_SAS_TOKEN or AZURE_ACCOUNT_KEY: {error.reason}. "
                    "It must be valid now, and allow "
                    f"reading, writing, creating and listing in container {self.container}."
                ) from error
            text = f"Azure at {self._host}: {error.reason}"
            raise MirrorUnavailable(text, code_of(error), error.status_code, AZURE) from error
        except AzureError as error:
            raise MirrorUnavailable(f"Azure at {self._host}: {error}", target=AZURE) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()

    async def problem(self) -> str | None:
        """Describe what is wrong with the container, for /readyz; None if it answers."""
        try:
            await self._client.get_container_properties()
        except AzureError as error:
            return f"Azure does not answer: {type(error).__name__}"
        return None

    async def put(self, name: str, payload: Payload, metadata: Mapping[str, str], content_type: str) -> None:
        """Write a blob in one request. Azure compares the MD5 of what arrived, and records it.

        Raises MirrorUnavailable.
        """
        with translated:
            await self._client.get_blob_client(name).upload_blob(
                payload.content,
                length=len(payload.content),
                overwrite=True,
                # By `validate_content` the SDK would compute it, while nothing else of this process goes on.
                headers=payload.header,
                client_request_id=new_request_id(),
                content_settings=ContentSettings(content_type=content_type),
                metadata=encoded(metadata),
            )

    async def fetch(self, name: str, address: str, md5: bytes, metadata: Mapping[str, str], content_type: str) -> None:
        """Let Azure fetch a blob from `address` (Put Blob From URL). It refuses bytes with another MD5.

        Raises MirrorUnavailable.
        """
        with translated:
            await self._client.get_blob_client(name).upload_blob_from_url(
                address,
                overwrite=True,
                include_source_blob_properties=False,
                source_content_md5=bytearray(md5),
                content_settings=ContentSettings(content_type=content_type),
                metadata=encoded(metadata),
            )

    async def upload(self, name: str, metadata: Mapping[str, str], content_type: str) -> BlockUpload:
        """Begin to write a blob in blocks. Sends no request yet."""
        return BlockUpload(self._client.get_blob_client(name), encoded(metadata), content_type)

    async def delete(self, name: str) -> bool:
        """Remove a blob with its snapshots, if it is there. Versioning and soft delete keep its content.

        Returns False if a lease, a legal hold or an immutability policy keeps it. Raises MirrorUnavailable.
        """
        with translated:
            try:
                await self._client.get_blob_client(name).delete_blob(delete_snapshots="include")
            except ResourceNotFoundError:
                return True
            except HttpResponseError as error:
                if error.status_code not in KEPT:
                    raise
                return False
        return True

    async def erase(self, folder: str, container: str | None = None) -> list[Obstacle]:
        """Remove everything below a folder for good. `container`: another one of this account.

        Returns what keeps the rest; an empty list if nothing is left. Raises MirrorUnavailable.
        """
        found = Obstacles()
        with translated:
            try:
                eraser = ContainerEraser(self._service.get_container_client(container or self.container))
                await eraser.erase(folder, found)
            except ResourceNotFoundError:
                # A former container that is gone holds nothing; a missing current container is an error.
                if container in (None, self.container):
                    raise
        return found.found()

    async def left_below(self, folder: str) -> Left:
        """Count blobs, versions, snapshots, soft-deleted blobs and uncommitted blocks below a folder.

        Raises MirrorUnavailable.
        """
        with self.missing.allowed(translated):
            return await ContainerEraser(self._client).left(folder)
        return Left()

    async def remove_unfinished(self, folder: str, before: datetime) -> int:  # see below
        """Remove nothing: Azure forgets blocks a week after they arrived."""
        return 0

    async def stat(self, name: str) -> Content | None:
        """Return size and recorded SHA-256 of a blob; None if there is none. Raises MirrorUnavailable."""
        with translated:
            try:
                properties = await self._client.get_blob_client(name).get_blob_properties()
            except ResourceNotFoundError:
                return None
        return Content(int(properties.size), str(properties.metadata.get("sha256", "")))

    async def metadata(self, name: str) -> dict[str, str]:
        """Return the metadata of a blob, with the names and values of the object's. Raises MirrorUnavailable."""
        with translated:
            properties = await self._client.get_blob_client(name).get_blob_properties()
        return decoded(properties.metadata)

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """Yield the content of a blob in blocks. Raises MirrorUnavailable."""
        with translated:
            stream = await self._client.get_blob_client(name).download_blob()
            async for block in stream.chunks():
                yield block

    async def names(self, prefix: str, batch: int) -> AsyncIterator[list[str]]:
        """Yield the names of all blobs below a prefix, in batches. Raises MirrorUnavailable."""
        found: list[str] = []
        with self.missing.allowed(translated):
            async for name in self._client.list_blob_names(name_starts_with=prefix):
                found.append(name)
                if len(found) == batch:
                    yield found
                    found = []
        if found:
            yield found

    async def listed(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[Listed]]:
        """Yield names and recorded contents of all blobs below a prefix, in batches. Raises MirrorUnavailable.

        `after`: only those after this name. Azure starts a listing only at marks of its own, so it is read from its
        beginning.
        """
        found: list[Listed] = []
        with self.missing.allowed(translated):
            async for blob in self._client.list_blobs(name_starts_with=prefix, include=["metadata"]):
                if after is not None and str(blob.name) <= after:
                    continue
                recorded = str((blob.metadata or {}).get("sha256", ""))
                found.append(Listed(str(blob.name), Content(int(blob.size), recorded)))
                if len(found) == batch:
                    yield found
                    found = []
        if found:
            yield found

    async def described(self, prefix: str) -> AsyncIterator[Described]:
        """Yield all blobs below a prefix with their metadata. Raises MirrorUnavailable."""
        with self.missing.allowed(translated):
            async for blob in self._client.list_blobs(name_starts_with=prefix, include=["metadata"]):
                yield Described(str(blob.name), int(blob.size), blob.last_modified, decoded(blob.metadata or {}))

    async def has(self, name: str, sha256: str) -> bool:
        """Return whether the container holds this content under `name`. Raises MirrorUnavailable."""
        with translated:
            try:
                properties = await self._client.get_blob_client(name).get_blob_properties()
            except ResourceNotFoundError:
                return False
        return bool(properties.metadata.get("sha256") == sha256)

    def explain(self, error: MirrorError) -> Explanation:
        """Return what a person does about an error of this container."""
        where, code = f"Azure at {self._url}", error.code or first_line(error)
        if code == BEING_DELETED:
            return Explanation(
                Cure.WAIT,
                f"{where} is deleting the container {self.container}. Wait until it is gone, which takes some "
                "minutes, and try again; or choose another AZURE_CONTAINER.",
            )
        if code == NO_CONTAINER:
            return Explanation(
                Cure.RIGHT,
                f"{where} has no container {self.container}, and it could not be created: create it, or allow "
                "AZURE_SAS_TOKEN to.",
            )
        if error.status in (401, 403):
            return Explanation(
                Cure.SETTING,
                f"{where} refused AZURE_SAS_TOKEN or AZURE_ACCOUNT_KEY: {code}. It must be valid now, and allow "
                f"reading, writing, deleting and listing in container {self.container}.",
            )
        return Explanation(Cure.WAIT, f"{where}: {code}. Try again; if it fails again, check AZURE_ACCOUNT_URL.")
