"""Compares the whole bucket with the whole container, name by name, and mends what the events missed.

The catalog says what an object must be. Both listings come in the order of their names and are read side by side, so
that memory does not grow with the archive; after every batch the place is noted, and a sweep that was interrupted goes
on from there.

| in the bucket | in the container | the catalog names it | what is done |
| --- | --- | --- | --- |
| yes | no | yes | copied |
| yes | something else | yes | copied again |
| no | yes | yes | nothing: the bucket has lost it, and `fonoteca audit --repair` brings it back from here |
| no | yes | no | removed in the end, unless there are suspiciously many |
| any | any | a person deleted it | the purge is told to remove it again, with all versions |
| yes | any | no | nothing: an attempt may be about to tell; the audit knows the rest |

What it removes by itself it removes as anybody would: versioning and soft delete, if they are on, keep it as they were
told to. They are there against mistakes, and a wrong database would be one. Only a person's deletion is for good.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from services.sync.mirror import Mirror
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.operations.checkpoints import forget_place, place_of, save_place
from shared.catalog.operator.decisions import purge_again
from shared.catalog.videos.lookup import get_video, get_videos
from shared.catalog.videos.stored_objects import StoredObject, in_work, stored_objects
from shared.errors import TryLater, Unavailable
from shared.logs import logger
from shared.storage.azure.blobs import BlobMirror
from shared.storage.content import Content
from shared.storage.keys import video_of
from shared.storage.objects import ObjectStore

log = logger(__name__)

PREFIX = "audio/"
#: Names looked up in the catalog at once.
BATCH = 500
#: Copies under way at once.
AT_ONCE = 8
#: Blobs without an object that are removed without being asked twice: this many, or this share of the container.
FEW_ORPHANS, FEW_SHARE = 100, 0.1
#: Names kept of one kind.
NAMES_KEPT = 10_000

Progress = Callable[[int], None]


@dataclass
class Names:
    """Names of one kind: how many, and the first of them, so that memory does not grow with what is wrong."""

    number: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """One more."""
        self.number += 1
        if len(self.first) < NAMES_KEPT:
            self.first.append(name)


@dataclass
class Swept:
    """What a sweep saw and did."""

    compared: int = 0
    blobs: int = 0
    #: Copied, because they were missing; copied again, because they were something else.
    missing: Names = field(default_factory=Names)
    stale: Names = field(default_factory=Names)
    #: Removed, because nobody names them and the bucket does not have them.
    orphaned: Names = field(default_factory=Names)
    #: Left, or written again, of what a person deleted.
    deleted: Names = field(default_factory=Names)
    #: Named by the catalog and in the container, but no longer in the bucket.
    lost: Names = field(default_factory=Names)
    #: Whether the orphaned ones were so many that they were left.
    orphans_left: bool = False

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


class _Pair(NamedTuple):
    """One name, and what the two stores have under it."""

    name: str
    in_bucket: bool
    blob: Content | None


@dataclass(frozen=True)
class Sweep:
    """One sweep. `dry`: only look."""

    catalog: Catalog
    store: ObjectStore
    blobs: BlobMirror
    mirror: Mirror
    dry: bool = False
    #: Remove orphaned blobs however many they are.
    remove_many: bool = False
    #: Age below which a missing copy is left to its event, which is probably on its way.
    grace_seconds: float = 0
    progress: Progress = lambda _number: None

    async def run(self, *, from_the_start: bool = False) -> Swept:
        """Sweep from where the last one was interrupted, else from the start. Raises a store's error or Unavailable."""
        after = None if from_the_start or self.dry else await place_of(self.catalog)
        swept = Swept()
        batch: list[_Pair] = []
        async for pair in self._pairs(after):
            batch.append(pair)
            if len(batch) == BATCH:
                await self._take(batch, swept)
                batch = []
        await self._take(batch, swept)
        await self._remove(swept)
        if not self.dry:
            await forget_place(self.catalog)
        return swept

    async def _pairs(self, after: str | None) -> AsyncIterator[_Pair]:
        objects, blobs = _Ordered(self._objects(after)), _Ordered(self._blobs(after))
        left, right = await objects.next(), await blobs.next()
        while left is not None or right is not None:
            if right is None or (left is not None and left[0] < right[0]):
                assert left is not None
                yield _Pair(left[0], in_bucket=True, blob=None)
                left = await objects.next()
            elif left is None or right[0] < left[0]:
                yield _Pair(right[0], in_bucket=False, blob=right[1])
                right = await blobs.next()
            else:
                yield _Pair(left[0], in_bucket=True, blob=right[1])
                left, right = await objects.next(), await blobs.next()

    async def _objects(self, after: str | None) -> AsyncIterator[tuple[str, Content | None]]:
        async for keys in self.store.keys(PREFIX, BATCH, after=after):
            for key in keys:
                yield key, None

    async def _blobs(self, after: str | None) -> AsyncIterator[tuple[str, Content | None]]:
        async for found in self.blobs.contents(PREFIX, BATCH):
            for name, content in found:
                # Azure begins where it is asked to only by marks of its own.
                if after is None or name > after:
                    yield name, content

    async def _take(self, batch: list[_Pair], swept: Swept) -> None:
        if not batch:
            return
        ids = {video_of(pair.name) for pair in batch}
        videos = await get_videos(self.catalog, ids)
        named = {found.key: found for v in videos.values() if _is_stored(v) for found in stored_objects(v)}
        places = asyncio.Semaphore(AT_ONCE)

        async def one(pair: _Pair) -> None:
            async with places:
                await self._mend(pair, named.get(pair.name), videos.get(video_of(pair.name)), swept)

        await asyncio.gather(*(one(pair) for pair in batch))
        swept.compared += len(batch)
        swept.blobs += sum(pair.blob is not None for pair in batch)
        self.progress(swept.compared)
        if not self.dry:
            await save_place(self.catalog, batch[-1].name)

    async def _mend(self, pair: _Pair, wanted: StoredObject | None, video: Video | None, swept: Swept) -> None:
        if wanted is None:
            await self._unnamed(pair, video, swept)
            return
        if not pair.in_bucket:
            # It may have been stored and mirrored while the listings were read.
            if await self.store.stat(pair.name) is None:
                swept.lost.add(pair.name)
            return
        if pair.blob == Content(wanted.size_bytes, wanted.sha256):
            return
        assert video is not None
        if pair.blob is None and self._is_young(video):
            return
        if not self.dry:
            try:
                await self.mirror.copy_again(video, wanted)
            except TryLater as error:
                # It changed or went since it was listed; its own event, or the next sweep, is about it.
                log.warning("sweep.skipped", key=pair.name, error=str(error))
                return
        (swept.missing if pair.blob is None else swept.stale).add(pair.name)

    async def _unnamed(self, pair: _Pair, video: Video | None, swept: Swept) -> None:
        """What the catalog does not name."""
        if video is not None and in_work(video):
            return
        if video is not None and "tombstone" in video:
            swept.deleted.add(pair.name)
            if not self.dry:
                await purge_again(self.catalog, video["_id"])
        elif not pair.in_bucket:
            swept.orphaned.add(pair.name)

    def _is_young(self, video: Video) -> bool:
        stored_at: object = video["audio"].get("stored_at")
        return isinstance(stored_at, datetime) and (datetime.now(UTC) - stored_at).total_seconds() < self.grace_seconds

    async def _remove(self, swept: Swept) -> None:
        """Remove the orphaned ones. Of more than are kept by name the rest is left to the next sweep."""
        few = swept.orphaned.number <= max(FEW_ORPHANS, FEW_SHARE * swept.blobs)
        swept.orphans_left = not few and not self.remove_many
        if self.dry or swept.orphans_left:
            return
        for name in swept.orphaned.first:
            if await self._is_orphaned(name) and not await self.blobs.delete(name):
                log.warning("sweep.orphan_kept", name=name)

    async def _is_orphaned(self, name: str) -> bool:
        """Looked at once more: since it was listed, somebody may have fetched its video."""
        video = await get_video(self.catalog, video_of(name))
        if video is None:
            return True
        return (
            "tombstone" not in video
            and not in_work(video)
            and all(found.key != name for found in stored_objects(video))
        )


async def sweep_and_tell(sweep: Sweep) -> int:
    """One sweep of the service. Returns how much was touched."""
    swept = await sweep.run()
    for kind, names in (("missing", swept.missing), ("stale", swept.stale), ("orphaned", swept.orphaned)):
        metrics.MIRROR_SWEPT.labels(kind).inc(names.number)
    metrics.MIRROR_LOST.set(swept.lost.number)
    touched = swept.missing.number + swept.stale.number + swept.orphaned.number + swept.deleted.number
    if touched or swept.lost.number:
        log.warning(
            "sweep.found",
            compared=swept.compared,
            missing=swept.missing.number,
            stale=swept.stale.number,
            orphaned=swept.orphaned.number,
            orphans_left=swept.orphans_left,
            deleted=swept.deleted.number,
            lost=swept.lost.number,
        )
    return touched


class _Ordered:
    """An iterator whose names must come in ascending order: side by side nothing else can be compared."""

    def __init__(self, names: AsyncIterator[tuple[str, Content | None]]) -> None:
        self._names = names
        self._last = ""

    async def next(self) -> tuple[str, Content | None] | None:
        found = await anext(self._names, None)
        if found is not None:
            if found[0] <= self._last:
                raise Unavailable(f"A store lists {found[0]} after {self._last}: its order is none, or it has changed.")
            self._last = found[0]
        return found


def _is_stored(video: Video) -> bool:
    return video["state"] == VideoState.STORED
