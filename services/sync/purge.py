"""Removes deleted videos from the object store and the mirror, with all versions. Notes obstacles for people.

Each store is tried, whatever the other one answers. A video is purged when none has anything left; a purge that dies
between two of them is repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Copied, StoredObstacle, Video
from shared.catalog.videos.deletions import kept_by_reason, mark_kept, mark_purged, unpurged
from shared.catalog.videos.mirroring import copies_at_deletion
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import MirrorError, StoreError
from shared.logs import logger
from shared.runtime.defect_book import DefectBook
from shared.storage.keys import folder_of
from shared.storage.obstacles import MIRROR_OFF, REASONS, UNREACHABLE, Obstacle
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget
from shared.storage.targets import KINDS, Kind

log = logger(__name__)


async def purge(catalog: Catalog, store: ObjectStore, targets: Sequence[MirrorTarget], grace_seconds: float) -> int:
    """Remove what is left of deleted videos. Returns how many were purged; the others wait, each with its obstacles.

    `targets`: of the mirror; none while it is off. `grace_seconds`: how long an attempt that was running when its
    video was deleted may take to notice that it lost its lease. Raises CatalogUnavailable.
    """
    now = await catalog.now()
    run = _Purge(catalog, store, targets, now)
    while videos := await unpurged(catalog, now - timedelta(seconds=grace_seconds), now):
        if not await run.remove(videos):
            break
    run.log_obstacles()
    found = await kept_by_reason(catalog)
    for reason in REASONS:
        metrics.MIRROR_KEPT.labels(reason).set(found.get(reason, 0))
    return run.purged


class _Purge:
    """One run of the purge."""

    def __init__(self, catalog: Catalog, store: ObjectStore, targets: Sequence[MirrorTarget], now: datetime) -> None:
        self._catalog, self._store, self._targets, self._now = catalog, store, targets, now
        self._book = DefectBook(catalog, None)
        #: Obstacle → how many videos it keeps, and the first of them.
        self._kept: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], str] = {}
        self.purged = 0
        #: What does not answer in this run → how a person is told. It is not asked again for each of the others.
        self._away: dict[str, Obstacle] = {}
        #: Videos over which our own code failed in this run.
        self._skipped: set[str] = set()

    async def remove(self, videos: Sequence[Video]) -> bool:
        """Remove what is left of these videos. Returns False to end the run: when no video is left."""
        videos = [video for video in videos if video["_id"] not in self._skipped]
        for video in videos:
            obstacles: list[Obstacle] = []
            async with self._book.guard_video(video) as guard:
                obstacles = await self._erase(video)
                await self._note(video, obstacles)
            if guard.met and (guard.counted is None or guard.counted.number < DEFECT_LIMIT):
                # The next run tries it again; this one would find it at once, and again.
                self._skipped.add(video["_id"])
        return bool(videos)

    async def _note(self, video: Video, obstacles: Sequence[Obstacle]) -> None:
        if obstacles:
            kept = [StoredObstacle(reason=found.reason, detail=found.detail, until=found.until) for found in obstacles]
            await mark_kept(self._catalog, video, kept, self._now)
            for found in obstacles:
                self._kept[found.reason, found.detail] += 1
                self._first.setdefault((found.reason, found.detail), video["_id"])
        elif await mark_purged(self._catalog, video):
            self.purged += 1
            metrics.MIRROR_PURGED.inc()
            log.info("video.purged", video_id=video["_id"])

    async def _erase(self, video: Video) -> list[Obstacle]:
        """Remove everything in a video's folder, including what an attempt left that died. Returns the obstacles."""
        folder, tombstone = folder_of(video["_id"]), video["tombstone"]
        found: list[Obstacle] = []
        for bucket in sorted({self._store.bucket, tombstone.get("bucket") or self._store.bucket}):
            found += await self._erased("the object store", partial(self._store.erase, folder, bucket))
        copies = copies_at_deletion(tombstone)
        for target in self._targets:
            noted = {each["container"] for each in copies if each["target"] == target.name}
            for name in sorted({target.container, *noted}):
                found += await self._erased(target.title, partial(target.erase, folder, name))
        on = {target.name for target in self._targets}
        return found + [_target_off(each) for each in copies if each["target"] not in on]

    async def _erased(self, what: str, erase: Callable[[], Awaitable[list[Obstacle]]]) -> list[Obstacle]:
        if (known := self._away.get(what)) is not None:
            return [known]
        try:
            return await erase()
        except (StoreError, MirrorError) as error:
            # Without the details of one request, so that one problem has one sentence.
            code = error.code or type(error.__cause__ or error).__name__
            detail = f"{what[0].upper()}{what[1:]} does not answer as it should: {code}. It is tried again."
            log.warning("purge.store_away", store=what, error=str(error))
            obstacle = Obstacle(UNREACHABLE, detail)
            if error.status is None or error.status >= 500:
                self._away[what] = obstacle
            return [obstacle]

    def log_obstacles(self) -> None:
        """Log each obstacle once, not once for each video."""
        for (reason, detail), number in self._kept.items():
            first = self._first[reason, detail]
            log.warning("purge.kept", reason=reason, detail=detail, videos=number, first_video_id=first)


def _target_off(copied: Copied) -> Obstacle:
    name, container = copied["target"], copied["container"]
    kind = KINDS.get(name, Kind(f"target {name} of the mirror,", "its settings"))
    detail = f"A copy is in the {kind.place} {container}, which is off. Set {kind.settings} again until it is removed."
    return Obstacle(MIRROR_OFF, detail)
