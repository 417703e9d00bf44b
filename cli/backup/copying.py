"""Copies the objects of one video into an archive, each verified against the catalog."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import cast

from cli.backup.folder import OBJECTS, ArchiveFolder, disk
from cli.backup.incoming import IncomingFile
from cli.backup.lines import BLOCK, sha256_of
from cli.backup.object_list import ObjectEntry, is_key
from shared.catalog.archive.extended_json import Document
from shared.catalog.documents import Video, VideoState
from shared.catalog.videos.stored_objects import StoredObject, stored_objects
from shared.errors import StoreUnavailable
from shared.storage.content import Content
from shared.storage.keys import content_type_of, video_of
from shared.storage.s3.objects import ObjectMissing, ObjectStore
from shared.storage.s3.reading import ObjectReading

#: How often an object is requested if the connection breaks, and the seconds of the first pause.
TRIES, PAUSE_SECONDS = 4, 0.5
#: Characters of a hash that distinguish two contents of one key.
_HASH_LETTERS = 12
#: Bytes of a file name that every file system accepts, with room for a hash.
MAX_NAME = 240


@dataclass
class CopiedObjects:
    """The objects of a video in the archive, after copying."""

    entries: list[ObjectEntry] = field(default_factory=list)
    #: Keys whose objects are missing in the store, or differ from the catalog.
    missing: list[str] = field(default_factory=list)
    copied: int = 0
    copied_bytes: int = 0


class _NotAsNamed(Exception):
    """The store has another content under this key."""


@dataclass(frozen=True)
class Copier:
    """Copies from one store into one folder, in threads of the event loop."""

    folder: ArchiveFolder
    store: ObjectStore

    async def take(self, video_id: str, wanted: Sequence[StoredObject], known: Sequence[ObjectEntry]) -> CopiedObjects:
        """Copy objects into the archive. `known`: the entries of the video in the previous archive."""
        taken = CopiedObjects()
        for each in wanted:
            await asyncio.to_thread(self._take_one, video_id, each, known, taken)
        return taken

    def _take_one(
        self, video_id: str, wanted: StoredObject, known: Sequence[ObjectEntry], taken: CopiedObjects
    ) -> None:
        content = Content(wanted.size_bytes, wanted.sha256)
        before = [entry for entry in known if entry.key == wanted.key]
        for entry in before:
            if Content(entry.size_bytes, entry.sha256) == content and self._has(entry.file, content.size_bytes):
                taken.entries.append(entry)
                return
        name = _name_of(wanted, [entry.file for entry in before if entry.sha256 != wanted.sha256])
        try:
            entry, copied = self._copied(video_id, wanted, name)
        except (ObjectMissing, _NotAsNamed):
            taken.missing.append(wanted.key)
            return
        taken.entries.append(entry)
        if copied:
            taken.copied += 1
            taken.copied_bytes += wanted.size_bytes

    def _has(self, name: str, size_bytes: int) -> bool:
        """Whether a file that was verified when it was written still exists. `--check` reads its bytes."""
        with disk(self.folder.path):
            path = self.folder.file(name)
            return path.is_file() and path.stat().st_size == size_bytes

    def _copied(self, video_id: str, wanted: StoredObject, name: str) -> tuple[ObjectEntry, bool]:
        """Return the entry of an object, and whether it had to be copied. Raises ObjectMissing or _NotAsNamed."""
        for attempt in range(1, TRIES + 1):
            try:
                with self.store.reading(wanted.key) as reading:
                    entry = _entry(video_id, wanted, name, reading)
                    # If an interrupted backup has copied it already, only its headers are read.
                    if self._is_there(wanted, name):
                        return entry, False
                    self._write(reading, wanted, name)
                    return entry, True
            except StoreUnavailable as error:
                if attempt == TRIES or error.is_final:
                    raise
                time.sleep(PAUSE_SECONDS * attempt)
        raise AssertionError("unreachable")

    def _is_there(self, wanted: StoredObject, name: str) -> bool:
        if not self._has(name, wanted.size_bytes):
            return False
        with disk(self.folder.path):
            return sha256_of(self.folder.file(name)) == wanted.sha256

    def _write(self, reading: ObjectReading, wanted: StoredObject, name: str) -> None:
        digest, size = hashlib.sha256(), 0
        with IncomingFile(self.folder) as incoming:
            while block := reading.stream.read(BLOCK):
                digest.update(block)
                size += len(block)
                incoming.write(block)
            incoming.close()
            if Content(size, digest.hexdigest()) != Content(wanted.size_bytes, wanted.sha256):
                raise _NotAsNamed(wanted.key)
            incoming.move_to(name)

    def files_of(self, folder: str) -> list[str]:
        """Return the names of all files below a folder of the bucket."""
        name = f"{OBJECTS}/{_file_path(folder)}"
        path = self.folder.file(name)
        with disk(self.folder.path):
            return [f"{name}{each.name}" for each in sorted(path.iterdir())] if path.is_dir() else []


def _name_of(wanted: StoredObject, taken: Sequence[str]) -> str:
    """Return the file for an object: named by its key, and by its hash too if the previous archive uses that name."""
    name = f"{OBJECTS}/{_file_path(wanted.key)}"
    if name not in taken:
        return name
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}.{wanted.sha256[:_HASH_LETTERS]}{path.suffix}"))


def _file_path(key: str) -> str:
    """Return the path of a key's file: the key, with overlong parts shortened, as of an id with many accents.

    A key of an unknown form might be the folder of another key, so it is named by its hash.
    """
    if not video_of(key if not key.endswith("/") else f"{key}x"):
        return f"other/{hashlib.sha256(key.encode(errors='surrogatepass')).hexdigest()}"
    return "/".join(map(_file_name, key.split("/")))


def _file_name(step: str) -> str:
    written = step.encode(errors="surrogatepass")
    if len(written) <= MAX_NAME:
        return step
    beginning = written[: MAX_NAME - 2 * _HASH_LETTERS].decode(errors="ignore")
    return f"{beginning}~{hashlib.sha256(written).hexdigest()[:_HASH_LETTERS]}{PurePosixPath(step).suffix[:8]}"


def _entry(video_id: str, wanted: StoredObject, name: str, reading: ObjectReading) -> ObjectEntry:
    content_type = reading.content_type or content_type_of(wanted.key)
    metadata = dict(reading.metadata)
    return ObjectEntry(video_id, wanted.key, name, wanted.size_bytes, wanted.sha256, content_type, metadata)


def objects_of(video: Document) -> list[StoredObject]:
    """Return the objects that a stored video names; none if it is malformed, and none whose key is not valid."""
    if video.get("state") != VideoState.STORED:
        return []
    try:
        found = stored_objects(cast("Video", video))
    except (KeyError, TypeError):
        return []
    return [each for each in found if is_key(each.key) and isinstance(each.sha256, str)]
