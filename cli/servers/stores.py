"""Both stores as the commands see them: a missing one is empty, and an error of a server becomes one sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager

from cli.context import err
from cli.errors import REFUSED, UNREACHABLE, CliError
from shared.errors import MirrorError, Misconfigured, StoreError
from shared.settings import AzureSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.azure.described import Described
from shared.storage.content import Content
from shared.storage.objects import NO_BUCKET, ObjectMissing, ObjectStore
from shared.storage.obstacles import Left
from shared.storage.reading import ObjectReading

#: Azure's words.
NO_CONTAINER, BEING_DELETED = "ContainerNotFound", "ContainerBeingDeleted"


class Container(BlobMirror):
    """The mirror's container; empty if it does not exist. `absent`: a listing found that it does not."""

    absent = False

    async def contents(self, prefix: str, batch: int) -> AsyncIterator[list[tuple[str, Content]]]:
        """As in the base class; empty if there is no container."""
        try:
            async for found in super().contents(prefix, batch):
                yield found
        except MirrorError as error:
            self._note_absence(error)

    async def names(self, prefix: str, batch: int) -> AsyncIterator[list[str]]:
        """As in the base class; empty if there is no container."""
        try:
            async for found in super().names(prefix, batch):
                yield found
        except MirrorError as error:
            self._note_absence(error)

    async def described(self, prefix: str) -> AsyncIterator[Described]:
        """As in the base class; empty if there is no container."""
        try:
            async for found in super().described(prefix):
                yield found
        except MirrorError as error:
            self._note_absence(error)

    async def left_below(self, folder: str) -> Left:
        """As in the base class; empty if there is no container."""
        try:
            return await super().left_below(folder)
        except MirrorError as error:
            self._note_absence(error)
            return Left()

    def _note_absence(self, error: MirrorError) -> None:
        if error.code != NO_CONTAINER:
            raise error
        self.absent = True


class Bucket(ObjectStore):
    """The bucket; empty if it does not exist. `absent`: a listing found that it does not."""

    absent = False

    async def keys(self, prefix: str, batch: int, after: str | None = None) -> AsyncIterator[list[str]]:
        """As in the base class; empty if there is no bucket."""
        try:
            async for found in super().keys(prefix, batch, after):
                yield found
        except StoreError as error:
            self._note_absence(error)

    async def stat(self, key: str) -> Content | None:
        """As in the base class; empty if there is no bucket."""
        try:
            return await super().stat(key)
        except StoreError as error:
            self._note_absence(error)
            return None

    def reading(self, key: str, offset: int = 0, length: int = 0) -> AbstractContextManager[ObjectReading]:
        """As in the base class; empty if there is no bucket."""
        try:
            return super().reading(key, offset, length)
        except StoreError as error:
            self._note_absence(error)
            raise ObjectMissing(f"there is no bucket {self.bucket}") from error

    async def left_below(self, folder: str) -> Left:
        """As in the base class; empty if there is no bucket."""
        try:
            return await super().left_below(folder)
        except StoreError as error:
            self._note_absence(error)
            return Left()

    def _note_absence(self, error: StoreError) -> None:
        if error.code != NO_BUCKET:
            raise error
        self.absent = True


def report_absent(store: Bucket, blobs: Container | None) -> None:
    """Report a missing bucket or container, and what creates it."""
    if blobs is not None and blobs.absent:
        err.print(
            f"Nothing is mirrored yet: there is no container {blobs.container}. `fonoteca sync run` creates it; so "
            "does the sync service when it starts.",
            markup=False,
            soft_wrap=True,
        )
    if store.absent:
        err.print(
            f"Nothing is stored yet: there is no bucket {store.bucket}. The scraper creates it when it starts; if "
            "recordings should exist, check MINIO_BUCKET.",
            markup=False,
            soft_wrap=True,
        )


def user_error(error: Exception, azure: AzureSettings | None, store: ObjectStore | None) -> Exception:
    """Return a server's error as the user sees it: one sentence, which names the setting if one is wrong."""
    if store is not None and (wrong := store.wrong_setting(error)) is not None:
        return Misconfigured(wrong)
    if isinstance(error, StoreError) and error.code == NO_BUCKET and store is not None:
        return CliError(
            f"There is no bucket {store.bucket}. Start the scraper, which creates it, or correct MINIO_BUCKET.", REFUSED
        )
    if isinstance(error, MirrorError) and azure is not None:
        code = error.code
        where = f"Azure at {azure.account_url}"
        if code == BEING_DELETED:
            return CliError(
                f"{where} is deleting the container {azure.container}. Wait until it is gone, which takes some "
                "minutes, and try again; or choose another AZURE_CONTAINER.",
                UNREACHABLE,
            )
        if code == NO_CONTAINER:
            return CliError(
                f"{where} has no container {azure.container}, and it could not be created: create it, or allow "
                "AZURE_SAS_TOKEN to.",
                REFUSED,
            )
        if error.status in (401, 403):
            return Misconfigured(
                f"{where} refused AZURE_SAS_TOKEN or AZURE_ACCOUNT_KEY: {code or first_line(error)}. "
                f"It must be valid now, and allow reading, writing, deleting and listing in "
                f"container {azure.container}."
            )
        return CliError(
            f"{where}: {code or first_line(error)}. Try again; if it fails again, check AZURE_ACCOUNT_URL.",
            UNREACHABLE,
        )
    return CliError(
        f"The command was interrupted: {first_line(error)}. Run it again once that server is available.", UNREACHABLE
    )


def first_line(error: Exception) -> str:
    """Return an error's text without what drivers append: requests, topologies, documents."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].split(", Timeout:")[0].split(", resource: ")[0].rstrip(".")
