"""Compares the whole bucket with the whole container of a target, name by name, and repairs the container.

The catalog says what an object must be. Both listings come in the order of their names and are read side by side, so
that memory does not grow with the archive. After every batch the last name is noted, and a reconciliation that was
interrupted continues there.

| in the bucket | in the container | in the catalog | what is done |
| --- | --- | --- | --- |
| yes | no | yes | copied |
| yes | something else | yes | copied again; if the listing does not show what, the container is asked for its hash |
| no | yes | yes | nothing: the bucket has lost it, and `fonoteca audit --repair` restores it from the container |
| no | yes | no | deleted at the end, unless there are suspiciously many |
| any | any | a person deleted it | the purge removes it again, with all versions |
| yes | any | no | nothing: an attempt may be about to store it; the audit reports the rest |

Deleting here is what any user of the container does: versioning and soft delete, if they are on, keep what was deleted
for as long as they are set to. They protect against mistakes, and a wrong database would be one. Only a person's
deletion is for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.sync.comparison import Finding, Pair, compare
from services.sync.listings import in_batches, paired, read_ahead
from services.sync.mirror import Mirror
from services.sync.report import Names, ReconciliationReport
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.operations.checkpoints import clear_checkpoint, load_checkpoint, save_checkpoint
from shared.catalog.videos.deletions import purge_again
from shared.catalog.videos.lookup import get_object_fields, get_video
from shared.catalog.videos.stored_objects import StoredObject, in_work, stored_objects
from shared.errors import MirrorUnavailable, TryLater
from shared.logs import logger
from shared.storage.content import Listed
from shared.storage.keys import video_of
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget

log = logger(__name__)

PREFIX = "audio/"
#: Names compared with the catalog at once.
BATCH = 500
#: Seconds after which an upload that was begun and not completed belongs to a process that died.
ABANDONED_SECONDS = 86_400
#: Blobs without an object that are deleted without a second question: this many, or this share of the container.
FEW_ORPHANS, FEW_SHARE = 100, 0.1


@dataclass(frozen=True)
class Options:
    """How a reconciliation works."""

    #: Only compare.
    dry: bool = False
    #: Delete orphaned blobs however many they are.
    remove_many: bool = False
    #: Age in seconds below which a missing copy is left to its event, which is probably on its way.
    grace_seconds: float = 0
    #: Copies under way at once, as far as the mirror's bytes in flight allow.
    at_once: int = 16
    #: Receives the number of names compared so far.
    progress: Callable[[int], None] = lambda _number: None


@dataclass(frozen=True)
class Reconciliation:
    """Compares the object store with one target, and repairs the target."""

    catalog: Catalog
    store: ObjectStore
    target: MirrorTarget
    mirror: Mirror
    options: Options = Options()

    async def run(self, *, from_the_start: bool = False) -> ReconciliationReport:
        """Reconcile from where the last run was interrupted, otherwise from the start.

        Raises a store's error, or Unavailable.
        """
        dry = self.options.dry
        after = None if from_the_start or dry else await load_checkpoint(self.catalog, self.target)
        report = ReconciliationReport(self.target.name, resumed=after is not None)
        objects, copies = self.store.listed(PREFIX, BATCH, after), self.target.listed(PREFIX, BATCH, after)
        pairs = paired(_one_by_one(objects), _one_by_one(copies))
        async with aclosing(read_ahead(in_batches(pairs, BATCH))) as batches:
            async for batch in batches:
                await self._repair_batch(batch, report)
        await self._delete_orphans(report)
        if not dry:
            await clear_checkpoint(self.catalog, self.target)
            report.unfinished = await self._remove_unfinished()
        return report

    async def _remove_unfinished(self) -> int:
        before = await self.catalog.now() - timedelta(seconds=ABANDONED_SECONDS)
        try:
            return await self.target.remove_unfinished(PREFIX, before)
        except MirrorUnavailable as error:
            # They cost money and harm no copy; the next reconciliation tries again.
            log.warning("reconcile.unfinished_kept", target=self.target.name, error=str(error))
            return 0

    async def _repair_batch(self, batch: list[Pair], report: ReconciliationReport) -> None:
        videos = await get_object_fields(self.catalog, {video_of(pair.name) for pair in batch})
        stored = [video for video in videos.values() if video["state"] == VideoState.STORED]
        wanted = {found.key: found for video in stored for found in stored_objects(video)}
        settled_before = datetime.now(UTC) - timedelta(seconds=self.options.grace_seconds)
        slots = asyncio.Semaphore(self.options.at_once)

        async def one(pair: Pair) -> None:
            known, video = wanted.get(pair.name), videos.get(video_of(pair.name))
            async with slots:
                finding = await self._seen(pair, compare(pair, known, video, settled_before), known)
                await self._repair(pair, finding, known, video, report)

        repairs = [asyncio.create_task(one(pair)) for pair in batch]
        try:
            await asyncio.gather(*repairs)
        finally:
            # After the first error, the others do not go on without this run.
            for repair in repairs:
                repair.cancel()
            await asyncio.gather(*repairs, return_exceptions=True)
        report.compared += len(batch)
        report.blobs += sum(pair.blob is not None for pair in batch)
        self.options.progress(report.compared)
        if not self.options.dry:
            await save_checkpoint(self.catalog, self.target, batch[-1].name)

    async def _seen(self, pair: Pair, finding: Finding, wanted: StoredObject | None) -> Finding:
        """Ask the target for what its listing did not show."""
        if finding is not Finding.UNSEEN or wanted is None:
            return finding
        return Finding.NOTHING if await self.target.has(pair.name, wanted.sha256) else Finding.STALE

    async def _repair(
        self,
        pair: Pair,
        finding: Finding,
        wanted: StoredObject | None,
        video: Video | None,
        report: ReconciliationReport,
    ) -> None:
        match finding:
            case Finding.LOST:
                # It may have been stored and mirrored while the listings were read.
                if await self.store.stat(pair.name) is None:
                    report.lost.add(pair.name)
            case Finding.MISSING | Finding.STALE:
                names = report.missing if finding is Finding.MISSING else report.stale
                await self._copy(pair.name, video, wanted, names)
            case Finding.DELETED:
                report.deleted.add(pair.name)
                if not self.options.dry and video is not None:
                    await purge_again(self.catalog, video["_id"])
            case Finding.ORPHANED:
                report.orphaned.add(pair.name)

    async def _copy(self, name: str, video: Video | None, wanted: StoredObject | None, names: Names) -> None:
        if not self.options.dry:
            assert video is not None
            assert wanted is not None
            try:
                await self.mirror.copy_again(video, wanted, self.target)
            except TryLater as error:
                # It has changed or gone since it was listed: its own event, or the next reconciliation, handles it.
                log.warning("reconcile.skipped", key=name, error=str(error), target=self.target.name)
                return
        names.add(name)

    async def _delete_orphans(self, report: ReconciliationReport) -> None:
        """Delete the orphaned blobs. Beyond those that are kept by name, the rest is left to the next run."""
        few = report.orphaned.number <= max(FEW_ORPHANS, FEW_SHARE * report.blobs)
        report.orphans_left = not few and not self.options.remove_many
        if self.options.dry or report.orphans_left:
            return
        for name in report.orphaned.first:
            if await self._is_orphaned(name) and not await self.target.delete(name):
                log.warning("reconcile.orphan_kept", name=name, target=self.target.name)

    async def _is_orphaned(self, name: str) -> bool:
        """Check once more: since the listing, its video may have been fetched."""
        video = await get_video(self.catalog, video_of(name))
        if video is None:
            return True
        return (
            "tombstone" not in video
            and not in_work(video)
            and all(found.key != name for found in stored_objects(video))
        )


async def _one_by_one(batches: AsyncIterator[list[Listed]]) -> AsyncIterator[Listed]:
    async for batch in batches:
        for each in batch:
            yield each


async def reconcile(reconciliation: Reconciliation) -> ReconciliationReport:
    """Run a reconciliation and publish its report. Raises a store's error, or Unavailable."""
    report = await reconciliation.run()
    report.publish()
    return report
