"""Uploads one object of an archive into a bucket, and verifies it there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cli.audit.copies import hash_of_object
from cli.backup.copying import PAUSE_SECONDS, TRIES
from cli.backup.folder import ArchiveFolder
from cli.backup.manifest import difference
from cli.backup.object_list import ObjectEntry
from cli.errors import UNREACHABLE, CliError
from shared.errors import StoreUnavailable
from shared.storage.content import Content
from shared.storage.s3.etags import proves
from shared.storage.s3.objects import ObjectStore

T = TypeVar("T")


class DamagedObject(Exception):
    """A file of the archive differs from its list. The text is a sentence."""


@dataclass(frozen=True)
class Uploader:
    """Uploads from one folder into one bucket."""

    folder: ArchiveFolder
    store: ObjectStore

    async def upload(self, entry: ObjectEntry) -> bool:
        """Upload an object, unless the bucket has it. Returns whether it was uploaded.

        Raises DamagedObject; CliError if it did not arrive intact; StoreError.
        """
        wanted = Content(entry.size_bytes, entry.sha256)
        if await _tried(lambda: self.store.stat(entry.key)) == wanted:
            return False
        path = self.folder.file(entry.file)
        problem = await asyncio.to_thread(difference, path, entry.size_bytes, entry.sha256)
        if problem is not None:
            raise DamagedObject(f"{path} is damaged: {problem}.")
        metadata = {**entry.metadata, "sha256": entry.sha256}
        etag = await _tried(lambda: self.store.put_file(entry.key, path, entry.content_type, metadata))
        if not await self._arrived(entry, path, etag):
            raise CliError(
                f"{entry.key} did not arrive intact in bucket {self.store.bucket}. Try again; if this happens again, "
                "check the network and the store: something changes the bytes.",
                UNREACHABLE,
            )
        return True

    async def _arrived(self, entry: ObjectEntry, path: Path, etag: str) -> bool:
        """Whether the bucket has the right bytes: by its ETag or, if that proves nothing, by reading them back."""
        if await asyncio.to_thread(proves, etag, path):
            return True
        return await hash_of_object(self.store, entry.key) == Content(entry.size_bytes, entry.sha256)


async def _tried(act: Callable[[], Awaitable[T]]) -> T:
    """Send a request to the store, and send it again if the connection broke. Raises StoreError."""
    for attempt in range(1, TRIES):
        try:
            return await act()
        except StoreUnavailable as error:
            if error.is_final:
                raise
            await asyncio.sleep(PAUSE_SECONDS * attempt)
    return await act()
