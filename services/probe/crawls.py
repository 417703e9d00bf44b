"""Plans crawls: requests their tasks one after the other, and makes further tasks of what each has found.

All of a crawl's state is in the catalog. Every step may be repeated: a task has one id for its address and loop, and
what a task found is planned before the task counts as done. So a crawl goes on after any crash, exactly to its limits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared import metrics
from shared.addresses.parse import playlist_address
from shared.addresses.youtube import is_video_id, mix_url
from shared.catalog.connection import Catalog
from shared.catalog.crawls.definitions import change_running, crawl_definition, running_crawls
from shared.catalog.crawls.tasks import (
    abandon_task,
    add_task,
    answered_tasks,
    claim_task,
    count_tasks,
    has_open_tasks,
    known_tasks,
    next_task,
    planned,
    skip_task,
    task_id,
)
from shared.catalog.documents import Crawl, CrawlTask
from shared.catalog.documents.crawl import FoundVideo
from shared.catalog.operations.locks import acquire_lock
from shared.contracts import Failure, ProbeRequested
from shared.contracts.crawl import TaskKind
from shared.contracts.reasons import Reason
from shared.crawling.definition import CrawlDefinition
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)

#: Seconds for which one replica plans: longer than a round takes. Two at once would be harmless but for limits, which
#: could then be exceeded by a few videos.
LOCK_SECONDS = 15
#: How often scrapers may begin a task without an answer before it has failed: something of it may end every one.
MAX_BEGUN = 10
#: Requests that no scraper takes before that, and how often the wait for an answer doubles: about a week in all.
MAX_ATTEMPTS, MAX_DOUBLINGS = 20, 6
#: Seconds until a loop begins after one that found no video: its lists are not to be asked for without an end.
EMPTY_LOOP_SECONDS = 300
_YOUTUBE = "youtube:"


@dataclass(frozen=True)
class Crawls:
    """The planner of one replica."""

    catalog: Catalog
    publisher: Publisher
    owner: str
    #: Seconds for which the answer to a task is waited for, unless its scraper says that it takes longer.
    answer_seconds: float
    #: Seconds between two rounds if no answer comes.
    poll_seconds: float
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Plan at once, since an answer came."""
        self._answered.set()

    async def round(self) -> None:
        """Wait for an answer or some seconds, then plan every crawl that runs. Raises errors of catalog and broker."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.poll_seconds):
                await self._answered.wait()
        self._answered.clear()
        if await acquire_lock(self.catalog, "crawls", self.owner, LOCK_SECONDS):
            running = await running_crawls(self.catalog)
            metrics.CRAWLS_RUNNING.set(len(running))
            for crawl in running:
                await self._plan(crawl)
        else:
            metrics.CRAWLS_RUNNING.set(0)

    async def _plan(self, crawl: Crawl) -> None:
        try:
            definition = crawl_definition(crawl)
        except ValidationError as error:
            # Of another version of this code. It must not keep the others from going on.
            log.warning("crawl.unreadable", crawl=crawl["_id"], error=str(error)[:500])
            return
        if crawl["loop"] == 0:
            await self._begin_loop(crawl, definition, 1, crawl["created_at"])
            return
        now = await self.catalog.now()
        if answered := await answered_tasks(self.catalog, crawl):
            crawl["next_at"] = now + timedelta(seconds=definition.delay_seconds)
            # First: if this process dies in between, there is a pause more and not one less.
            await change_running(self.catalog, crawl, {"next_at": crawl["next_at"]})
        for task in answered:
            await self._spread(crawl, definition, task)
        if (task_ := await next_task(self.catalog, crawl, now)) is not None:
            await self._request(crawl, definition, task_, now)
        elif not await has_open_tasks(self.catalog, crawl):
            await self._end_loop(crawl, definition, now)

    async def _begin_loop(self, crawl: Crawl, definition: CrawlDefinition, loop: int, next_at: datetime) -> None:
        """Make the first tasks of a loop, then let it begin at `next_at`. Repeating that makes the same ones."""
        limit = definition.videos or None
        videos = 0
        for number, seed in enumerate(definition.seeds, 1):
            if limit is not None and videos >= limit:
                break
            is_video = seed.playlist_id.startswith(_YOUTUBE) and is_video_id(seed.playlist_id.removeprefix(_YOUTUBE))
            kind = TaskKind.VIDEO if is_video else TaskKind.LIST
            task = _new_task(crawl, loop, kind, seed.playlist_id, seed.url)
            task["number"] = number
            if is_video:
                videos += 1
                task["video_id"], task["video_number"] = seed.playlist_id, videos
            await add_task(self.catalog, task)
        await change_running(self.catalog, crawl, {"loop": loop, "next_at": next_at})
        log.info("crawl.loop_began", crawl=crawl["_id"], loop=loop)
        self.wake()

    async def _end_loop(self, crawl: Crawl, definition: CrawlDefinition, now: datetime) -> None:
        if definition.loops and crawl["loop"] >= definition.loops:
            if await change_running(self.catalog, crawl, {"state": "done", "ended_at": now}):
                log.info("crawl.done", crawl=crawl["_id"], loops=crawl["loop"])
            return
        videos = await count_tasks(self.catalog, crawl, crawl["loop"], kind="video")
        pause = definition.delay_seconds if videos else max(definition.delay_seconds, EMPTY_LOOP_SECONDS)
        await self._begin_loop(crawl, definition, crawl["loop"] + 1, now + timedelta(seconds=pause))

    async def _spread(self, crawl: Crawl, definition: CrawlDefinition, task: CrawlTask) -> None:
        """Make tasks of what a task has found, up to the limits, then let it be done."""
        if task["kind"] == "list":
            await self._take(crawl, definition, task)
        elif definition.related and task["round"] < definition.rounds and "failure" not in task:
            await self._look_beside(crawl, task)
        await planned(self.catalog, task)

    async def _look_beside(self, crawl: Crawl, task: CrawlTask) -> None:
        """Make a task of what is related to a measured video: its mix, which only YouTube has."""
        id_ = task.get("video_id", "")
        if not id_.startswith(_YOUTUBE):
            return
        mix = playlist_address(mix_url(id_.removeprefix(_YOUTUBE)))
        new = _new_task(crawl, crawl["loop"], TaskKind.LIST, mix.playlist_id, mix.url)
        new["round"], new["parent"] = task["round"], task["_id"]
        new["number"] = await count_tasks(self.catalog, crawl, crawl["loop"]) + 1
        await add_task(self.catalog, new)

    async def _take(self, crawl: Crawl, definition: CrawlDefinition, task: CrawlTask) -> None:
        """Make tasks of the videos of a list. Those of a mix belong into the next round."""
        loop, is_mix = crawl["loop"], "parent" in task
        videos = await count_tasks(self.catalog, crawl, loop, kind="video")
        # After a crash in between, some are there already.
        left = _most(definition, task) - await count_tasks(self.catalog, crawl, loop, parent=task["_id"])
        if definition.videos:
            left = min(left, definition.videos - videos)
        number = await count_tasks(self.catalog, crawl, loop)
        for found in (await self._new(crawl, task.get("found", ())))[: max(0, left)]:
            number, videos = number + 1, videos + 1
            new = _new_task(crawl, loop, TaskKind.VIDEO, found["video_id"], found["url"])
            new["round"] = task["round"] + is_mix
            new["number"], new["video_number"] = number, videos
            new["video_id"], new["parent"] = found["video_id"], task["_id"]
            await add_task(self.catalog, new)

    async def _new(self, crawl: Crawl, found: Sequence[FoundVideo]) -> list[FoundVideo]:
        """The videos that are not planned in this loop yet, each once."""
        each = {task_id(crawl, crawl["loop"], TaskKind.VIDEO, video["video_id"]): video for video in found}
        known = await known_tasks(self.catalog, list(each))
        return [video for id_, video in each.items() if id_ not in known]

    async def _request(self, crawl: Crawl, definition: CrawlDefinition, task: CrawlTask, now: datetime) -> None:
        """Request a task, unless the pause between two is not over, or it has become pointless."""
        if task["state"] == "waiting" and crawl.get("next_at", now) > now:
            return
        if await self._is_pointless(crawl, definition, task):
            return
        # Longer after each: the message waits somewhere, or nobody is there to take it.
        lease = self.answer_seconds * 2 ** min(task["attempt"], MAX_DOUBLINGS)
        claimed = await claim_task(self.catalog, task, now, lease)
        if claimed is None:
            return
        await self.publisher.publish(_request_of(definition, claimed))
        metrics.CRAWL_REQUESTS.labels(task["kind"]).inc()

    async def _is_pointless(self, crawl: Crawl, definition: CrawlDefinition, task: CrawlTask) -> bool:
        """Whether a task need not be requested; then it has ended."""
        if task["begun"] >= MAX_BEGUN or task["attempt"] >= MAX_ATTEMPTS:
            why = (
                f"Scrapers began it {MAX_BEGUN} times and never answered. Read their logs."
                if task["begun"] >= MAX_BEGUN
                else f"No scraper took it, after {MAX_ATTEMPTS} requests. Do scrapers of its egress run?"
            )
            await abandon_task(self.catalog, task, Failure.of(Reason.WORKER_DIED, why))
            self.wake()
            return True
        if "parent" in task and task["kind"] == "list" and definition.videos:
            videos = await count_tasks(self.catalog, crawl, crawl["loop"], kind="video")
            if videos >= definition.videos:
                await skip_task(self.catalog, task)
                self.wake()
                return True
        return False


def _most(definition: CrawlDefinition, task: CrawlTask) -> int:
    """How many videos are taken of a list."""
    return definition.per_video if "parent" in task else definition.per_list


def _new_task(crawl: Crawl, loop: int, kind: TaskKind, id_: str, url: str) -> CrawlTask:
    return {
        "_id": task_id(crawl, loop, kind, id_),
        "crawl": crawl["_id"],
        "loop": loop,
        "round": 1,
        "number": 0,
        "kind": kind.value,
        "url": url,
        "state": "waiting",
        "attempt": 0,
        "begun": 0,
        "refusals": 0,
        "records": [],
    }


def _request_of(definition: CrawlDefinition, task: CrawlTask) -> ProbeRequested:
    number = task.get("video_number")
    whole = definition.full_every and number is not None and number % definition.full_every == 0
    return ProbeRequested(
        crawl=definition.name,
        task=task["_id"],
        attempt=task["attempt"],
        kind=TaskKind(task["kind"]),
        url=task["url"],
        video_id=task.get("video_id"),
        egress=definition.egress,
        seconds=None if whole else definition.seconds,
        resolvers=definition.resolvers,
        pings=definition.pings,
        # A mix begins with the video itself.
        entries=_most(definition, task) + ("parent" in task) if task["kind"] == "list" else 0,
    )
