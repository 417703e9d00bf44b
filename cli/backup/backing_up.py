"""One backup: reads the catalog and the objects it names, and writes the archive. Services may run meanwhile.

A video is written when its objects are in the archive, compared with it byte by byte. If one of them is not what the
document says, the document is read again: it was fetched again or deleted meanwhile. So every video of an archive fits
its objects and its log, and what an archive holds passes the audit, though no two videos need be of the same moment.
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

from cli.backup.copying import Copier, Taken, objects_of
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
from shared.storage.objects import ObjectStore

#: How often a video is read again because its objects are not what it says.
READ_AGAIN = 3
#: Names kept of what is missing.
NAMES_KEPT = 1000
#: So many objects may go without a deletion, as those of videos that are fetched again just now.
FEW = 10

Progress = Callable[[str], None]


@dataclass
class Saved:
    """What a backup did."""

    archive: str = ""
    videos: int = 0
    documents: int = 0
    objects: int = 0
    object_bytes: int = 0
    copied: int = 0
    copied_bytes: int = 0
    #: Files of objects that nobody names any more.
    removed: int = 0
    catalog_bytes: int = 0
    #: Named by the catalog, but missing in the store or something else there.
    missing: int = 0
    first_missing: list[str] = field(default_factory=list)
    #: Objects of the archive before whose videos have none any more, though nobody deleted them.
    undeleted: int = 0
    seconds: float = 0

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


@dataclass(frozen=True)
class Backup:
    """A backup into a folder. `store` None: of the catalog alone."""

    folder: ArchiveFolder
    catalog: Catalog
    database: str
    store: ObjectStore | None
    progress: Progress = lambda _text: None

    async def run(self) -> Saved:
        """Write the archive; the folder is locked and prepared. Raises CliError, or what a server raises."""
        began, moment = time.monotonic(), datetime.now(UTC)
        before = read_manifest(self.folder) if self.folder.manifest.exists() else None
        self.folder.remove_other_catalogs(before.folder if before is not None else None)
        id_ = _id_of(moment, before)
        saved = Saved(archive=id_)
        with disk(self.folder.path):
            (self.folder.path / f"catalog-{id_}").mkdir()
        schema_version = await schema_version_to_archive(self.catalog)
        names = [name for name in await archived_collections(self.catalog) if name != VIDEOS]
        files = [await self._collection(name, id_) for name in names]
        unnamed: list[str] = []
        files += await self._videos(id_, before, saved, unnamed)
        if before is not None:
            self._refuse_to_forget(before, saved)
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
        # From here on the archive before is history.
        with disk(self.folder.path):
            for name in unnamed:
                self.folder.remove(name)
            self.folder.remove_other_catalogs(f"catalog-{id_}")
        saved.removed, saved.seconds = len(unnamed), round(time.monotonic() - began, 3)
        return saved

    def _refuse_to_forget(self, before: Manifest, saved: Saved) -> None:
        """Raise CliError if most of the archive before would go without a deletion: then the copy is all there is."""
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
            "another catalog, an empty one, or one that is being put right. The archive of before was left as it is. "
            "Look at MONGO_DATABASE and `fonoteca audit`; if all is well, back up into another folder.",
            REFUSED,
        )

    async def _collection(self, name: str, id_: str) -> ListedFile:
        path = f"catalog-{id_}/{name}.jsonl.gz"
        with LineWriter(self.folder.file(path)) as writer:
            async for document in documents(self.catalog, name):
                writer.write(line_of(document))
        return _listed(name, path, writer)

    async def _videos(self, id_: str, before: Manifest | None, saved: Saved, unnamed: list[str]) -> list[ListedFile]:
        """Videos, their log and their objects. Adds to `unnamed` the files that this archive does not name."""
        names = {name: f"catalog-{id_}/{name}.jsonl.gz" for name in (VIDEOS, LOGS, OBJECT_LIST)}
        known = ObjectsByVideo(iter(()) if before is None else self._objects_of(before))
        with (
            LineWriter(self.folder.file(names[VIDEOS])) as videos,
            LineWriter(self.folder.file(names[LOGS])) as logs,
            LineWriter(self.folder.file(names[OBJECT_LIST])) as objects,
        ):
            taking = _Taking(self.catalog, Copier(self.folder, self.store) if self.store is not None else None)
            async for page in video_pages(self.catalog):
                found = await taking.page(page, known, saved, unnamed)
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
class _Taking:
    """Takes pages of videos with their objects."""

    catalog: Catalog
    copier: Copier | None

    async def page(
        self, page: Sequence[Document], known: ObjectsByVideo, saved: Saved, unnamed: list[str]
    ) -> list[tuple[Document, list[ObjectEntry]]]:
        """The videos as they were when their objects were copied, with these. Those that vanished are left out."""
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

    async def _one(self, video: Document, known: list[ObjectEntry]) -> tuple[Document | None, Taken]:
        copied = Taken()
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
                return None, Taken()
            if objects_of(now) == wanted:
                # Nothing is missing, or what is missing is really missing.
                return now, copied
            video = now
        return video, copied

    def _unnamed(self, video: Document | None, taken: Taken, before: Sequence[ObjectEntry]) -> list[str]:
        """Files of a video that its objects are not: of former ones, and of a backup that did not end."""
        named = {entry.file for entry in taken.entries}
        old = {entry.file for entry in before} - named
        if self.copier is not None and video is not None and (taken.copied or old or "tombstone" in video):
            # An id of no form that this version knows has no folder.
            with suppress(ValueError):
                old |= set(self.copier.files_of(folder_of(video["_id"]))) - named
        return sorted(old)


def _id_of(moment: datetime, before: Manifest | None) -> str:
    """Of two backups within a second the second one has another id, too."""
    id_ = file_stamp(moment)
    return id_ if before is None or not before.id.startswith(id_) else f"{id_}-{moment.microsecond:06}"


def _listed(collection: str, name: str, writer: LineWriter) -> ListedFile:
    return ListedFile(collection=collection, **asdict(writer.entry(name)))
