"""One backup: reads the catalog and the objects it names, and writes the archive. Services may run meanwhile.

A video is written once its objects are in the archive and verified. If an object differs from the document, the
document is read again, since the video may have been fetched again or deleted meanwhile. So every video of an archive
matches its objects and its log, and a restored archive passes the audit, although its videos are of different times.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from cli.backup.copying import CopiedObjects, Copier, objects_of
from cli.backup.folder import ArchiveFolder, disk
from cli.backup.lines import LineWriter
from cli.backup.manifest import OBJECT_LIST, ListedFile, Manifest, Objects, read_manifest, write_manifest
from cli.backup.object_list import ObjectEntry, ObjectsByVideo, read_objects
from cli.display.times import file_stamp, for_scripts
from cli.errors import REFUSED, CliError
from shared.catalog.archive.collections import LOGS, VIDEOS, archived_collections
from shared.catalog.archive.extended_json import Document, line_of
from shared.catalog.archive.reading import attempts_of, documents, video_now, video_pages
from shared.catalog.archive.version import schema_version_to_archive
from shared.catalog.connection import Catalog
from shared.storage.keys import folder_of
from shared.storage.s3.objects import ObjectStore

#: How often a video is read if its objects differ from its document.
READ_AGAIN = 3
#: Names of missing objects that are kept.
NAMES_KEPT = 1000
#: Objects that may disappear without a deletion, such as those of videos that are being fetched again.
FEW = 10

Progress = Callable[[str], None]


@dataclass
class BackupReport:
    """What a backup did. Its fields are those of --json."""

    archive: str = ""
    videos: int = 0
    documents: int = 0
    objects: int = 0
    object_bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    #: Files of objects that the catalog no longer names.
    removed: int = 0
    catalog_bytes: int = 0
    #: Objects that the catalog names, but that are missing or different in the store.
    missing: int = 0
    first_missing: list[str] = field(default_factory=list)
    #: Objects of the previous archive that disappeared although their videos were not deleted.
    undeleted: int = 0
    seconds: float = 0

    def as_json(self) -> dict[str, Any]:
        """Return the report for --json."""
        return asdict(self)


@dataclass(frozen=True)
class Backup:
    """A backup into a folder. `store` None: only the catalog."""

    folder: ArchiveFolder
    catalog: Catalog
    database: str
    store: ObjectStore | None
    progress: Progress = lambda _text: None

    async def run(self) -> BackupReport:
        """Write the archive into the locked, prepared folder. Raises CliError, Unavailable or CatalogError."""
        began, moment = time.monotonic(), datetime.now(UTC)
        before = read_manifest(self.folder) if self.folder.manifest.exists() else None
        self.folder.remove_other_catalogs(before.folder if before is not None else None)
        id_ = _id_of(moment, before)
        saved = BackupReport(archive=id_)
        with disk(self.folder.path):
            (self.folder.path / f"catalog-{id_}").mkdir()
        schema_version = await schema_version_to_archive(self.catalog)
        names = [name for name in await archived_collections(self.catalog) if name != VIDEOS]
        files = [await self._collection(name, id_) for name in names]
        unnamed: list[str] = []
        files += await self._videos(id_, before, saved, unnamed)
        if before is not None:
            self._check_losses(before, saved)
        saved.documents = sum(file.lines for file in files if file.collection != OBJECT_LIST)
        saved.catalog_bytes = sum(file.size_bytes for file in files)
        objects = Objects(number=saved.objects, size_bytes=saved.object_bytes, missing=saved.missing)
        write_manifest(
            self.folder,
            Manifest(
                id=id_,
                began_at=for_scripts(moment),
                finished_at=for_scripts(datetime.now(UTC)),
                fonoteca=version("fonoteca"),
                schema_version=schema_version,
                database=self.database,
                bucket=self.store.bucket if self.store is not None else None,
                objects=objects if self.store is not None else None,
                files=files,
            ),
        )
        # From here on, the previous archive is no longer needed.
        with disk(self.folder.path):
            for name in unnamed:
                self.folder.remove(name)
            self.folder.remove_other_catalogs(f"catalog-{id_}")
        saved.removed, saved.seconds = len(unnamed), round(time.monotonic() - began, 3)
        return saved

    def _check_losses(self, before: Manifest, saved: BackupReport) -> None:
        """Raise CliError if most of the previous archive would be lost without a deletion: it may be the only copy."""
        listed = before.file_of(VIDEOS)
        videos = listed.lines if listed is not None else 0
        objects = before.objects.number if before.objects is not None else 0
        # Deleted videos leave a tombstone, so their number does not fall.
        few = saved.undeleted < FEW and (saved.objects > 0 or saved.undeleted == 0)
        if 2 * saved.videos >= videos and (few or 2 * saved.undeleted <= objects):
            return
        raise CliError(
            f"{self.folder.path} holds {videos:,} videos with {objects:,} objects. The catalog {self.database} names "
            f"{saved.videos:,} videos, and has lost {saved.undeleted:,} of these objects without a deletion: it is "
            "another catalog, an empty one, or one under repair. The previous archive was not changed. Check "
            "MONGO_DATABASE and `fonoteca audit`; if both are right, back up into another folder.",
            REFUSED,
        )

    async def _collection(self, name: str, id_: str) -> ListedFile:
        path = f"catalog-{id_}/{name}.jsonl.gz"
        with LineWriter(self.folder.file(path)) as writer:
            async for document in documents(self.catalog, name):
                writer.write(line_of(document))
        return _listed(name, path, writer)

    async def _videos(
        self, id_: str, before: Manifest | None, saved: BackupReport, unnamed: list[str]
    ) -> list[ListedFile]:
        """Write the videos, their log and their objects. Adds to `unnamed` the files that this archive does not use."""
        names = {name: f"catalog-{id_}/{name}.jsonl.gz" for name in (VIDEOS, LOGS, OBJECT_LIST)}
        known = ObjectsByVideo(iter(()) if before is None else self._objects_of(before))
        with (
            LineWriter(self.folder.file(names[VIDEOS])) as videos,
            LineWriter(self.folder.file(names[LOGS])) as logs,
            LineWriter(self.folder.file(names[OBJECT_LIST])) as objects,
        ):
            copying = _PageCopier(self.catalog, Copier(self.folder, self.store) if self.store is not None else None)
            async for page in video_pages(self.catalog):
                found = await copying.copy(page, known, saved, unnamed)
                for video, entries in found:
                    for entry in entries:
                        objects.write(entry.line())
                    videos.write(line_of(video))
                async for attempt in attempts_of(self.catalog, [video for video, _ in found]):
                    logs.write(line_of(attempt))
                self.progress(f"{saved.videos} videos, {saved.objects} objects, {saved.copied} of them copied")
            rest = [entry.file for entry in known.rest()]
            unnamed += rest
            saved.undeleted += len(rest)
        writers = {VIDEOS: videos, LOGS: logs, OBJECT_LIST: objects}
        wanted = [VIDEOS, LOGS] if self.store is None else [VIDEOS, LOGS, OBJECT_LIST]
        return [_listed(name, names[name], writers[name]) for name in wanted]

    def _objects_of(self, before: Manifest) -> Any:
        listed = before.file_of(OBJECT_LIST)
        return read_objects(self.folder.file(listed.name)) if listed is not None else iter(())


@dataclass(frozen=True)
class _PageCopier:
    """Copies the objects of videos, page by page."""

    catalog: Catalog
    copier: Copier | None

    async def copy(
        self, page: Sequence[Document], known: ObjectsByVideo, saved: BackupReport, unnamed: list[str]
    ) -> list[tuple[Document, list[ObjectEntry]]]:
        """Return the videos as of when their objects were copied, each with these. Vanished videos are left out."""
        before: list[list[ObjectEntry]] = []
        for video in page:
            entries, passed = known.of(video["_id"])
            unnamed += [entry.file for entry in passed]
            saved.undeleted += len(passed)
            before.append(entries)
        taken = await asyncio.gather(*(self._one(*each) for each in zip(page, before, strict=True)))
        found = []
        for (now, result), entries in zip(taken, before, strict=True):
            unnamed += self._unnamed(now, result, entries)
            if now is None or (not result.entries and "tombstone" not in now):
                saved.undeleted += len(entries)
            if now is None:
                continue
            saved.videos += 1
            saved.objects += len(result.entries)
            saved.object_bytes += sum(entry.size_bytes for entry in result.entries)
            saved.copied += result.copied
            saved.copied_bytes += result.copied_bytes
            saved.missing += len(result.missing)
            saved.first_missing += result.missing[: max(0, NAMES_KEPT - len(saved.first_missing))]
            found.append((now, result.entries))
        return found

    async def _one(self, video: Document, known: list[ObjectEntry]) -> tuple[Document | None, CopiedObjects]:
        copied = CopiedObjects()
        if self.copier is None:
            return video, copied
        for _ in range(READ_AGAIN):
            wanted = objects_of(video)
            taken = await self.copier.take(video["_id"], wanted, known)
            copied.copied, copied.copied_bytes = copied.copied + taken.copied, copied.copied_bytes + taken.copied_bytes
            copied.entries, copied.missing = taken.entries, taken.missing
            now: Document | None = video
            if taken.missing:
                now = await video_now(self.catalog, video["_id"])
            if now is None:
                return None, CopiedObjects()
            if objects_of(now) == wanted:
                # Nothing is missing, or the store really lacks it.
                return now, copied
            video = now
        return video, copied

    def _unnamed(self, video: Document | None, taken: CopiedObjects, before: Sequence[ObjectEntry]) -> list[str]:
        """Return files of a video that its objects do not use: of former objects, and of an interrupted backup."""
        named = {entry.file for entry in taken.entries}
        old = {entry.file for entry in before} - named
        if self.copier is not None and video is not None and (taken.copied or old or "tombstone" in video):
            # An id of an unknown form has no folder.
            with suppress(ValueError):
                old |= set(self.copier.files_of(folder_of(video["_id"]))) - named
        return sorted(old)


def _id_of(moment: datetime, before: Manifest | None) -> str:
    """Return the id of a backup. The second backup within a second gets another id."""
    id_ = file_stamp(moment)
    return id_ if before is None or not before.id.startswith(id_) else f"{id_}-{moment.microsecond:06}"


def _listed(collection: str, name: str, writer: LineWriter) -> ListedFile:
    return ListedFile(collection=collection, **asdict(writer.entry(name)))
