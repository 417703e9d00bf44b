"""Copies the backlog: objects whose event was lost, or that were stored before the mirror or a target was added."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.sync.mirror import Mirror
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.videos.mirroring import count_lacking, count_unmirrored, reopen, unmirrored_videos
from shared.errors import CatalogUnavailable, MirrorError, TryLater, Unavailable
from shared.logs import logger
from shared.runtime.defect_book import DefectBook

log = logger(__name__)

#: Time between two looks for mirrored videos that lack a copy in a target; all of them are read.
REOPEN_EVERY = timedelta(days=1)


class Backlog:
    """The stored videos that lack a copy, in the order in which the catalog gives them."""

    def __init__(self, catalog: Catalog, mirror: Mirror, grace_seconds: float) -> None:
        """`grace_seconds`: age below which an object is left to its event."""
        self._catalog, self._mirror, self._grace = catalog, mirror, timedelta(seconds=grace_seconds)
        self._reopened_at: datetime | None = None

    async def copy(self) -> int:
        """Copy the stored objects that lack a copy. Returns how many videos were copied.

        A video whose copy fails is left for the next run, and so is a target that does not answer, for all videos. A
        defect over a video is counted on it, and the run continues. Raises CatalogUnavailable.
        """
        now = await self._catalog.now()
        await self._reopen(now)
        await self._count()
        copied, book, away = 0, DefectBook(self._catalog, None), set[str]()
        async for video in unmirrored_videos(self._catalog, now - self._grace, now):
            if away >= self._mirror.places.keys():
                break
            async with book.guard_video(video):
                copied += await self._copied(video["_id"], away)
        if copied:
            await self._count()
            log.info("backlog.copied", objects=copied)
        return copied

    async def _count(self) -> None:
        places = self._mirror.places
        for target, container in places.items():
            # What lacks a copy in the only target is what an index counts.
            if len(places) == 1:
                number = await count_unmirrored(self._catalog)
            else:
                number = await count_lacking(self._catalog, target, container)
            metrics.MIRROR_PENDING.labels(target).set(number)

    async def _reopen(self, now: datetime) -> None:
        if self._reopened_at is not None and now - self._reopened_at < REOPEN_EVERY:
            return
        if videos := await reopen(self._catalog, self._mirror.places):
            log.info("mirror.reopened", videos=videos, targets=sorted(self._mirror.places))
        self._reopened_at = now

    async def _copied(self, video_id: str, away: set[str]) -> bool:
        try:
            await self._mirror.mirror(video_id, check_first=True, without=away)
        except CatalogUnavailable:
            raise
        except (Unavailable, TryLater) as error:
            log.warning("backlog.skipped", video_id=video_id, error=str(error))
            if isinstance(error, MirrorError) and error.status is None:
                away.add(error.target)
            return False
        return not away
