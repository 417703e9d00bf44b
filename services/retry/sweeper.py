"""Finds what should have moved on and did not, and publishes it again: the broker may lose everything, the catalog not.

Each item fails alone: a defect over one is counted on its document, which rests in the end, and the sweep goes on.
Of several replicas one sweeps at a time, and every finding is taken up by a compare-and-set; so nothing is published
twice by it, and what others publish meanwhile is a no-op for whoever receives it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from services.retry.settings import RetrySettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.delivery import overdue
from shared.catalog.delivery.outbox import (
    event_of,
    failed_message,
    log_unannounced,
    mark_announced,
    requested_message,
    submission_of,
)
from shared.catalog.documents import Playlist, Video, VideoState
from shared.catalog.reports.audits import last_audit
from shared.catalog.videos.acceptance import mark_requested
from shared.catalog.videos.defects import number_given_up
from shared.errors import ServerError, Unavailable
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.runtime.defect_book import DefectBook
from shared.topology import FAILURES_QUEUE, PLAYLISTS_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE, WORK_QUEUES

log = logger(__name__)

#: Publishes and changes under way at once.
AT_ONCE = 20
#: A replica that sweeps keeps its turn for so many periods; if it dies, another one goes on after them.
TURN_PERIODS = 2

#: Queue → messages ready in it.
Depth = Callable[[str], Awaitable[int]]


@dataclass(frozen=True)
class Sweeper:
    """One replica's sweeper."""

    catalog: Catalog
    publisher: Publisher
    depth: Depth
    settings: RetrySettings
    owner: str

    @property
    def book(self) -> DefectBook:
        """Where defects are counted."""
        return DefectBook(self.catalog, self.publisher)

    async def sweep_for_ever(self) -> None:
        """Sweep every period, whatever goes wrong in one sweep."""
        while True:
            try:
                await self.sweep()
                await self.count()
                metrics.SWEEPS.labels("done").inc()
            except ServerError as error:
                metrics.SWEEPS.labels("interrupted").inc()
                log.warning("sweep.interrupted", error=str(error))
            except Exception as error:
                # A defect in one sweep must not end all further ones.
                metrics.SWEEPS.labels("failed").inc()
                log.error("sweep.failed", exc_info=error)
            await asyncio.sleep(self.settings.sweep_seconds)

    async def sweep(self) -> dict[str, int]:
        """One sweep, if it is this replica's turn. Returns what was published again, by kind."""
        turn = self.settings.sweep_seconds * TURN_PERIODS
        if not await overdue.acquire_lock(self.catalog, "sweep", self.owner, turn):
            return {}
        began = time.monotonic()
        before = await self.catalog.now() - timedelta(seconds=self.settings.sweep_grace_seconds)
        found = {
            "unannounced": await self._each(overdue.unannounced_videos(self.catalog, before), self._announce),
            "undecided": 0,
            "due": await self._each(overdue.due_videos(self.catalog, before), self._queue_again),
            "deserted": await self._each(overdue.deserted_videos(self.catalog, before), self._queue_again),
            "unrequested": await self._each(overdue.unrequested_videos(self.catalog, before), self._request),
            "unheard": 0,
            "playlist": 0,
        }
        # While a queue is long, what it holds is not lost: publishing it again would only make it longer.
        if await self.depth(FAILURES_QUEUE) == 0:
            found["undecided"] = await self._each(overdue.undecided_videos(self.catalog, before), self._tell_failure)
        if await self.depth(VIDEOS_QUEUE) + await self.depth(URGENT_QUEUE) == 0:
            found["unheard"] = await self._each(overdue.unheard_videos(self.catalog, before), self._request)
        found["malformed"] = await self._each(overdue.malformed_videos(self.catalog, before), self._refuse_malformed)
        nothing_queued = await self.depth(PLAYLISTS_QUEUE) == 0
        for playlist in await overdue.overdue_playlists(self.catalog, before, queue_is_empty=nothing_queued):
            found["playlist"] += await self._list_again(playlist)
        self._tell(found, time.monotonic() - began)
        return found

    def _tell(self, found: dict[str, int], seconds: float) -> None:
        metrics.SWEEP_SECONDS.observe(seconds)
        for kind, number in found.items():
            metrics.SWEPT.labels(kind).inc(number)
        if any(found.values()):
            log.warning("sweep.published_again", **{kind: n for kind, n in found.items() if n})

    async def count(self) -> None:
        """Totals for the metrics. Every replica counts, so that none of them shows old figures."""
        for state in VideoState:
            metrics.CATALOG_VIDEOS.labels(state.value).set(await self.catalog.videos.count_documents({"state": state}))
        for kind, seconds in (await overdue.longest_overdue(self.catalog)).items():
            metrics.OVERDUE_SECONDS.labels(kind).set(seconds)
        for subject, number in (await number_given_up(self.catalog)).items():
            metrics.DEFECTIVE.labels(subject).set(number)
        for queue in WORK_QUEUES:
            kept = await self.catalog.parked.count_documents({"queue": queue.name})
            metrics.PARKED_MESSAGES.labels(queue.name).set(kept)
            metrics.QUEUE_MESSAGES.labels(queue.name).set(await self.depth(queue.name))
        audit = await last_audit(self.catalog)
        metrics.AUDIT_VIOLATIONS.set(sum(audit["violations"].values()) if audit is not None else math.nan)
        metrics.AUDIT_AT.set(audit["at"].timestamp() if audit is not None else math.nan)

    async def _each(self, batches: AsyncIterator[list[Video]], act: Callable[[Video], Awaitable[bool]]) -> int:
        """Do something with every video, some at once. Returns for how many it was done."""
        number = 0
        places = asyncio.Semaphore(AT_ONCE)

        async def one(video: Video) -> bool:
            async with places:
                try:
                    return await act(video)
                except Unavailable:
                    raise
                except Exception as error:
                    await self.book.record_for_video(video, error)
                    return False

        async for batch in batches:
            number += sum(await asyncio.gather(*(one(video) for video in batch)))
        return number

    async def _list_again(self, playlist: Playlist) -> bool:
        try:
            # Made first: what no submission can be made of must not look as if one were on its way.
            submission = submission_of(playlist)
            if not await overdue.take_up_playlist(self.catalog, playlist):
                return False
            await self.publisher.publish(submission)
        except Unavailable:
            raise
        except Exception as error:
            await self.book.record_for_playlist(playlist, error)
            return False
        return True

    async def _refuse_malformed(self, video: Video) -> bool:
        raise TypeError(f"{video['_id']} is {video['state']!r}, but not with the moment that belongs to it")

    async def _queue_again(self, video: Video) -> bool:
        # Made first, for the same reason as above.
        requested_message(video)
        queued = await overdue.take_up(self.catalog, video)
        return queued is not None and await self._request(queued)

    async def _request(self, video: Video) -> bool:
        await self.publisher.publish(requested_message(video))
        await mark_requested(self.catalog, [video["_id"]], await self.catalog.now())
        return True

    async def _tell_failure(self, video: Video) -> bool:
        await self.publisher.publish(failed_message(video))
        return True

    async def _announce(self, video: Video) -> bool:
        await log_unannounced(self.catalog, video)
        if (event := event_of(video)) is not None:
            await self.publisher.publish(event)
        await mark_announced(self.catalog, video)
        return True
