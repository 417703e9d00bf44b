"""Finds overdue items, and publishes their messages again.

The broker may lose everything; the catalog may not. A defect in the work on one item is counted on its document, which
rests after some defects, and the sweep continues. One replica sweeps at a time, and every item is requeued by a
compare-and-set, so the sweeper publishes nothing twice. If another process publishes the same message meanwhile, its
receiver ignores the second one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.retry.settings import RetrySettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.delivery import overdue
from shared.catalog.delivery.outbox import (
    failed_message,
    log_unannounced,
    mark_announced,
    pending_events,
    requested_message,
    submission_of,
)
from shared.catalog.documents import Playlist, Video
from shared.catalog.operations.locks import acquire_lock
from shared.catalog.playlists.lifecycle import requeue_playlist
from shared.catalog.videos.acceptance import mark_requested
from shared.catalog.videos.requeue import RequeueReason, requeue_video
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.runtime.defect_book import DefectBook
from shared.topology import FAILURES_QUEUE, PLAYLISTS_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE

log = logger(__name__)

#: Publishes and changes under way at once.
AT_ONCE = 20
#: A replica that sweeps holds the lock for this many periods. If it dies, another one sweeps after that.
LOCK_PERIODS = 2

#: Queue → messages ready in it.
Depth = Callable[[str], Awaitable[int]]


@dataclass(frozen=True)
class Sweeper:
    """The sweeper of one replica."""

    catalog: Catalog
    publisher: Publisher
    depth: Depth
    settings: RetrySettings
    owner: str

    @property
    def book(self) -> DefectBook:
        """The record in which defects are counted."""
        return DefectBook(self.catalog, self.publisher)

    async def sweep(self) -> dict[str, int]:
        """Sweep once, unless another replica does. Returns how many messages were published again, by kind.

        Raises Unavailable.
        """
        lock_seconds = self.settings.sweep_seconds * LOCK_PERIODS
        if not await acquire_lock(self.catalog, "sweep", self.owner, lock_seconds):
            return {}
        began = time.monotonic()
        before = await self.catalog.now() - timedelta(seconds=self.settings.sweep_grace_seconds)
        found = await self._sweep_videos(before)
        nothing_queued = await self.depth(PLAYLISTS_QUEUE) == 0
        for playlist in await overdue.overdue_playlists(self.catalog, before, queue_is_empty=nothing_queued):
            found["playlist"] += await self._list_again(playlist)
        _report(found, time.monotonic() - began)
        return found

    async def _sweep_videos(self, before: datetime) -> dict[str, int]:
        catalog = self.catalog
        found = {
            "unannounced": await self._each(overdue.unannounced_videos(catalog, before), self._publish_outcome),
            "undecided": 0,
            "due": await self._each(overdue.due_videos(catalog, before), self._requeue),
            "deserted": await self._each(overdue.videos_with_expired_lease(catalog, before), self._requeue),
            "unrequested": await self._each(overdue.unrequested_videos(catalog, before), self._request),
            "unheard": 0,
            "playlist": 0,
        }
        # While a queue is long, its messages are not lost: publishing them again would only make it longer.
        if await self.depth(FAILURES_QUEUE) == 0:
            found["undecided"] = await self._each(overdue.undecided_videos(catalog, before), self._publish_failure)
        if await self.depth(VIDEOS_QUEUE) + await self.depth(URGENT_QUEUE) == 0:
            found["unheard"] = await self._each(overdue.unheard_videos(catalog, before), self._request)
        found["malformed"] = await self._each(overdue.malformed_videos(catalog, before), self._reject_malformed)
        return found

    async def _each(self, batches: AsyncIterator[list[Video]], act: Callable[[Video], Awaitable[bool]]) -> int:
        """Apply `act` to every video, several at once. Returns how many it succeeded for."""
        number = 0
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(video: Video) -> bool:
            async with slots, self.book.guard_video(video):
                return await act(video)
            return False

        async for batch in batches:
            number += sum(await asyncio.gather(*(one(video) for video in batch)))
        return number

    async def _list_again(self, playlist: Playlist) -> bool:
        async with self.book.guard_playlist(playlist):
            # Built first: if no submission can be built, the playlist must not be marked as submitted.
            submission = submission_of(playlist)
            if not await requeue_playlist(self.catalog, playlist, RequeueReason.OVERDUE):
                return False
            await self.publisher.publish(submission)
            return True
        return False

    async def _reject_malformed(self, video: Video) -> bool:
        raise TypeError(f"{video['_id']} is {video['state']!r}, but not with the moment that belongs to it")

    async def _requeue(self, video: Video) -> bool:
        # Built first, for the same reason as a submission.
        requested_message(video)
        queued = await requeue_video(self.catalog, video, RequeueReason.OVERDUE)
        return queued is not None and await self._request(queued)

    async def _request(self, video: Video) -> bool:
        await self.publisher.publish(requested_message(video))
        await mark_requested(self.catalog, [video["_id"]], await self.catalog.now())
        return True

    async def _publish_failure(self, video: Video) -> bool:
        await self.publisher.publish(failed_message(video))
        return True

    async def _publish_outcome(self, video: Video) -> bool:
        await log_unannounced(self.catalog, video)
        for event in pending_events(video):
            await self.publisher.publish(event)
        await mark_announced(self.catalog, video)
        return True


def _report(found: dict[str, int], seconds: float) -> None:
    metrics.SWEEP_SECONDS.observe(seconds)
    for kind, number in found.items():
        metrics.SWEPT.labels(kind).inc(number)
    if any(found.values()):
        log.warning("sweep.published_again", **{kind: n for kind, n in found.items() if n})
