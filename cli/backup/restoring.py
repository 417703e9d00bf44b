"""One restore: an archive into an empty catalog and a bucket. It resumes an interrupted restore.

Objects are restored before the video that names them, and videos before their playlists. So services that run already
find nothing incomplete, and no playlist is listed again before its videos are restored.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from cli.backup.copying import objects_of
from cli.backup.folder import ArchiveFolder
from cli.backup.lines import read_lines
from cli.backup.manifest import OBJECT_LIST, Manifest, damaged_files, read_manifest
from cli.backup.object_list import ObjectEntry, ObjectsByVideo, read_objects
from cli.backup.uploading import DamagedObject, Uploader
from cli.errors import REFUSED, CliError
from shared.catalog.archive.arrival import arriving_playlist, arriving_video
from shared.catalog.archive.collections import COUNTERS, LEFT_OUT, LOGS, VIDEOS
from shared.catalog.archive.extended_json import Document, document_of
from shared.catalog.archive.restoring import (
    REPLACED,
    NotEmpty,
    begin_restore,
    end_restore,
    note_place,
    write_documents,
)
from shared.catalog.archive.version import (
    VERSION_COLLECTIONS,
    check_archived_schema_version,
    forget_version,
    is_older,
)
from shared.catalog.connection import Catalog
from shared.storage.s3.objects import ObjectStore

#: Documents written together.
BATCH = 200
PLAYLISTS = "playlists"
#: Names of videos that could not be restored unchanged that are kept.
NAMES_KEPT = 1000

Progress = Callable[[str], None]


@dataclass
class RestoreReport:
    """What a restore did. Its fields are those of --json."""

    archive: str
    videos: int = 0
    documents: int = 0
    #: Objects uploaded; `there_already`: objects that the bucket had, with the right content.
    uploaded: int = 0
    uploaded_bytes: int = 0
    there_already: int = 0
    #: Videos whose objects are missing or damaged in the archive: they are fetched again.
    fetched_again: list[str] = field(default_factory=list)
    #: Videos that were submitted during the restore; they were not replaced.
    of_others: list[str] = field(default_factory=list)
    resumed: bool = False
    #: Whether the archive is of an older version; services wait until it is migrated.
    to_migrate: bool = False
    seconds: float = 0

    def as_json(self) -> dict[str, Any]:
        """Return the report for --json."""
        return asdict(self)


@dataclass(frozen=True)
class Restore:
    """A restore from a folder. `skip_damaged`: have videos with damaged files fetched again, instead of stopping."""

    folder: ArchiveFolder
    catalog: Catalog
    store: ObjectStore
    skip_damaged: bool = False
    progress: Progress = lambda _text: None

    async def run(self) -> RestoreReport:
        """Restore everything. Raises CliError, Unavailable or CatalogError."""
        began = time.monotonic()
        manifest = readable_archive(self.folder)
        try:
            after = await begin_restore(self.catalog, manifest.id)
        except NotEmpty as error:
            raise CliError(
                f"The catalog of MONGO_DATABASE is not empty: {error}. An archive can only be restored into an empty "
                "one. Choose another MONGO_DATABASE, or drop this one if it is not needed.",
                REFUSED,
            ) from error
        restored = RestoreReport(manifest.id, resumed=bool(after))
        await self._version(manifest, restored)
        # If videos were restored already, so were these; new numbers may have been assigned since.
        for collection in (COUNTERS, LOGS) if not after else ():
            await self._all(manifest, collection, restored)
        await self._videos(manifest, after, restored)
        for file in manifest.files:
            if file.collection not in (*REPLACED, LOGS, VIDEOS, OBJECT_LIST, PLAYLISTS, *LEFT_OUT):
                await self._all(manifest, file.collection, restored)
        await self._all(manifest, PLAYLISTS, restored)
        await end_restore(self.catalog, await self.catalog.now())
        restored.seconds = round(time.monotonic() - began, 3)
        return restored

    async def _version(self, manifest: Manifest, restored: RestoreReport) -> None:
        """Restore the archive's version, also on resuming: documents still to come have it, even after a migration."""
        for collection in VERSION_COLLECTIONS:
            noted = [document.get("version") for page in self._pages(manifest, collection) for document in page]
            for version in noted:
                check_archived_schema_version(version if isinstance(version, int) else None)
            if not noted:
                await forget_version(self.catalog)
            await self._all(manifest, collection, restored)
        restored.to_migrate = await is_older(self.catalog)

    async def _all(self, manifest: Manifest, collection: str, restored: RestoreReport) -> None:
        """Restore one collection other than the videos."""
        now = await self.catalog.now()
        for page in self._pages(manifest, collection):
            arriving = [arriving_playlist(document, now) for document in page] if collection == PLAYLISTS else page
            await write_documents(self.catalog, collection, arriving)
            restored.documents += len(page)

    async def _videos(self, manifest: Manifest, after: str, restored: RestoreReport) -> None:
        listed = manifest.file_of(OBJECT_LIST)
        entries = read_objects(self.folder.file(listed.name)) if listed is not None else iter(())
        objects = ObjectsByVideo(entries)
        uploader = Uploader(self.folder, self.store)
        last = ""
        for page in self._pages(manifest, VIDEOS):
            ids = [last, *(video["_id"] for video in page)]
            if not all(isinstance(id_, str) for id_ in ids) or ids != sorted(set(ids)):
                raise CliError(
                    f"The videos of {self.folder.path} are not in the order of their ids: no backup wrote them. "
                    "Do not use it.",
                    REFUSED,
                )
            last = ids[-1]
            restored.videos += len(page)
            left = [video for video in page if video["_id"] > after]
            if not left:
                continue
            with_objects = [(video, objects.of(video["_id"])[0]) for video in left]
            uploads = [self._objects(uploader, each, restored) for _, each in with_objects]
            uploaded = await asyncio.gather(*uploads)
            now = await self.catalog.now()
            arriving = []
            for (video, found), arrived in zip(with_objects, uploaded, strict=True):
                complete = arrived and (listed is None or _is_complete(video, found))
                if not complete:
                    _note(restored.fetched_again, video["_id"])
                arriving.append(arriving_video(video, now, self.store.bucket, complete=complete))
            for id_ in await write_documents(self.catalog, VIDEOS, arriving):
                _note(restored.of_others, id_)
            await note_place(self.catalog, left[-1]["_id"])
            restored.documents += len(left)
            self.progress(f"{restored.videos} videos, {restored.uploaded} objects uploaded")

    async def _objects(self, uploader: Uploader, entries: list[ObjectEntry], restored: RestoreReport) -> bool:
        """Upload the objects of a video. False: one is damaged and skipped. Raises CliError."""
        for entry in entries:
            try:
                uploaded = await uploader.upload(entry)
            except DamagedObject as error:
                if not self.skip_damaged:
                    raise CliError(
                        f"{error} Its video was not restored. Run `fonoteca backup --check` to list all damaged files. "
                        "Then run the restore again, which resumes: with another copy of the archive, or with "
                        "--skip-damaged to have these videos fetched again."
                    ) from error
                return False
            if uploaded:
                restored.uploaded, restored.uploaded_bytes = (
                    restored.uploaded + 1,
                    restored.uploaded_bytes + entry.size_bytes,
                )
            else:
                restored.there_already += 1
        return True

    def _pages(self, manifest: Manifest, collection: str) -> Iterator[list[Document]]:
        """Yield the documents of a collection in batches; none if the archive does not have it. Raises CliError."""
        listed = manifest.file_of(collection)
        lines = read_lines(self.folder.file(listed.name)) if listed is not None else iter(())
        try:
            while page := [document_of(line) for line in islice(lines, BATCH)]:
                yield page
        except ValueError as error:
            raise CliError(
                f"{self.folder.path} has a line of {collection} that no backup writes ({error}). Do not use it.",
                REFUSED,
            ) from error


def readable_archive(folder: ArchiveFolder) -> Manifest:
    """Return the manifest of an archive whose catalog is intact. Raises CliError; Misconfigured if it is too new."""
    manifest = read_manifest(folder)
    check_archived_schema_version(manifest.schema_version)
    if damaged := damaged_files(folder, manifest):
        names = "; ".join(f"{damage.name}: {damage.detail}" for damage in damaged)
        raise CliError(
            f"The archive in {folder.path} is damaged ({names}). Nothing was restored. Take another copy of it.",
            REFUSED,
        )
    return manifest


def _is_complete(video: Document, entries: list[ObjectEntry]) -> bool:
    """Whether the archive has all objects that a video names."""
    return {each.key for each in objects_of(video)} <= {entry.key for entry in entries}


def _note(names: list[str], name: str) -> None:
    if len(names) < NAMES_KEPT:
        names.append(name)
