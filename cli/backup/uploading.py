"""Brings one object of an archive into a bucket, and makes sure that it arrived whole."""

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
from shared.storage.etags import proves
from shared.storage.objects import ObjectStore

T = TypeVar("T")


class DamagedObject(Exception):
    """A file of the archive is not what its list says. The text is a sentence."""


@dataclass(frozen=True)
class Uploader:
    """Uploads from one folder into one bucket."""

    folder: ArchiveFolder
    store: ObjectStore

    async def upload(self, entry: ObjectEntry) -> bool:
        """Whether it had to be uploaded; False: the bucket has it.

        Raises DamagedObject, CliError if it did not arrive whole, or what the server raises.
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
                f"{entry.key} did not arrive whole in bucket {self.store.bucket}. Try again; if it happens again, look "
                "for what changes the bytes on the way.",
                UNREACHABLE,
            )
        return True

    async def _arrived(self, entry: ObjectEntry, path: Path, etag: str) -> bool:
        """By the server's ETag; where that is none of the bytes alone, by reading them back."""
        if await asyncio.to_thread(proves, etag, path):
            return True
        return await hash_of_object(self.store, entry.key) == Content(entry.size_bytes, entry.sha256)


async def _tried(act: Callable[[], Awaitable[T]]) -> T:
    """Do something with the store, again if the connection broke off."""
    for attempt in range(1, TRIES):
        try:
            return await act()
        except StoreUnavailable as error:
            if error.is_final:
                raise
            await asyncio.sleep(PAUSE_SECONDS * attempt)
    return await act()
