"""The tasks of crawls: claimed to be requested, answered by scrapers, and turned into further tasks.

A task has one id for its address and loop, so that nothing is measured twice; and a fencing token, so that an answer
that comes late, after the task was asked for again, changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Crawl, CrawlTask
from shared.catalog.videos.outcomes import stored_failure
from shared.contracts import DownloadMeasured, Failure, ProbeAnswered
from shared.contracts.crawl import TaskKind
from shared.errors import AlreadyThere


def task_id(crawl: Crawl, loop: int, kind: TaskKind, id_: str) -> str:
    """Return the id of a task."""
    return f"{crawl['_id']}/{loop}/{kind.value}/{id_}"


async def known_tasks(catalog: Catalog, ids: Sequence[str]) -> set[str]:
    """Return which of some tasks there are."""
    return {task["_id"] async for task in catalog.crawl_tasks.with_ids(ids, {"_id": 1})}


async def count_tasks(catalog: Catalog, crawl: Crawl, loop: int, **more: Any) -> int:
    """Count tasks of a loop. `more`: fields with their values."""
    return await catalog.crawl_tasks.count_documents({"crawl": crawl["_id"], "loop": loop, **more})


async def add_task(catalog: Catalog, task: CrawlTask) -> None:
    """Add a task. One that is there stays as it is."""
    try:
        await catalog.crawl_tasks.insert_one(task)
    except AlreadyThere:
        return


async def answered_tasks(catalog: Catalog, crawl: Crawl) -> list[CrawlTask]:
    """Return the tasks whose answers are not planned yet, in their order."""
    query = {"crawl": crawl["_id"], "loop": crawl["loop"], "state": "answered"}
    return await catalog.crawl_tasks.find(query).sort("number", 1).to_list()


async def planned(catalog: Catalog, task: CrawlTask) -> None:
    """Note that what a task found is planned."""
    await catalog.crawl_tasks.update_one({"_id": task["_id"], "state": "answered"}, {"$set": {"state": "done"}})


async def skip_task(catalog: Catalog, task: CrawlTask) -> None:
    """Let a task that waits be done, since what it could find is not wanted any more."""
    await catalog.crawl_tasks.update_one({"_id": task["_id"], "state": "waiting"}, {"$set": {"state": "done"}})


async def next_task(catalog: Catalog, crawl: Crawl, now: datetime) -> CrawlTask | None:
    """Return the next task that is to be requested; None: none is now.

    One at a time, and no task of a round before the last one is over. A task that is not answered in time is next.
    """
    open_ = {"crawl": crawl["_id"], "loop": crawl["loop"], "state": {"$in": ["waiting", "asked", "answered"]}}
    found = await catalog.crawl_tasks.find(open_).sort([("round", 1), ("number", 1)]).limit(2).to_list()
    asked = await catalog.crawl_tasks.find({**open_, "state": "asked"}).limit(1).to_list()
    if asked:
        return asked[0] if asked[0].get("lease_until", now) <= now else None
    return found[0] if found and found[0]["state"] == "waiting" else None


async def has_open_tasks(catalog: Catalog, crawl: Crawl) -> bool:
    """Whether something of the loop is not done."""
    query = {"crawl": crawl["_id"], "loop": crawl["loop"], "state": {"$ne": "done"}}
    return await catalog.crawl_tasks.find_one(query, {"_id": 1}) is not None


async def claim_task(catalog: Catalog, task: CrawlTask, now: datetime, lease_seconds: float) -> CrawlTask | None:
    """Claim a task to request it. Returns it as claimed; None: it has changed meanwhile."""
    seen = {"_id": task["_id"], "attempt": task["attempt"], "state": task["state"]}
    change = {
        "state": "asked",
        "attempt": task["attempt"] + 1,
        "lease_until": now + timedelta(seconds=lease_seconds),
    }
    result = await catalog.crawl_tasks.update_one(seen, {"$set": change})
    return await catalog.crawl_tasks.find_one({"_id": task["_id"]}) if result.matched_count == 1 else None


async def asked_task(catalog: Catalog, id_: str, attempt: int) -> CrawlTask | None:
    """Return a task that a scraper is to do now; None: it is out of date, or its crawl was stopped."""
    task = await catalog.crawl_tasks.find_one({"_id": id_, "attempt": attempt, "state": "asked"})
    if task is None:
        return None
    running = await catalog.crawls.find_one({"_id": task["crawl"], "state": "running"}, {"_id": 1})
    return task if running is not None else None


async def begin_task(catalog: Catalog, id_: str, attempt: int, lease_seconds: float) -> None:
    """Note that a scraper begins a task, and wait so long for its answer."""
    query = {"_id": id_, "attempt": attempt, "state": "asked"}
    await catalog.crawl_tasks.update_one(query, {"$inc": {"begun": 1}})
    await renew_task(catalog, id_, attempt, lease_seconds)


async def put_off(catalog: Catalog, id_: str, attempt: int, *, refused: bool) -> None:
    """Note that a task that was begun is done later. `refused`: since its source refused it."""
    change = {"begun": -1, "refusals": 1} if refused else {"begun": -1}
    await catalog.crawl_tasks.update_one({"_id": id_, "attempt": attempt, "state": "asked"}, {"$inc": change})


async def renew_task(catalog: Catalog, id_: str, attempt: int, lease_seconds: float) -> None:
    """Wait longer for the answer of a task that its scraper works on, or has put off."""
    until = await catalog.now() + timedelta(seconds=lease_seconds)
    query = {"_id": id_, "attempt": attempt, "state": "asked"}
    await catalog.crawl_tasks.update_one(query, {"$max": {"lease_until": until}})


async def record_answer(catalog: Catalog, answer: ProbeAnswered) -> bool:
    """Record what came of a task. Returns whether it was waited for."""
    change: dict[str, Any] = {
        "state": "answered",
        "ended_at": await catalog.now(),
        "found": [entry.model_dump(mode="json") for entry in answer.found],
        "requests": answer.requests,
    }
    if answer.failure is not None:
        change["failure"] = stored_failure(answer.failure)
    query = {"_id": answer.task, "attempt": answer.attempt, "state": "asked"}
    result = await catalog.crawl_tasks.update_one(query, {"$set": change, "$unset": {"lease_until": ""}})
    return result.matched_count == 1


async def abandon_task(catalog: Catalog, task: CrawlTask, failure: Failure) -> None:
    """Let a task that nobody answers fail."""
    seen = {"_id": task["_id"], "attempt": task["attempt"], "state": task["state"]}
    change = {"state": "answered", "ended_at": await catalog.now(), "failure": stored_failure(failure)}
    await catalog.crawl_tasks.update_one(seen, {"$set": change, "$unset": {"lease_until": ""}})


async def claim_record(catalog: Catalog, message: DownloadMeasured, at: datetime) -> bool:
    """Whether a measurement is the one that a task keeps of its resolver: the first that came.

    A scraper that dies after a measurement makes it again, and the crawl counts it once. Telling the same measurement
    again gives the same answer.
    """
    resolver = message.asked_resolver
    query = {"_id": message.task, "records.resolver": {"$ne": resolver}}
    result = await catalog.crawl_tasks.update_one(query, {"$push": {"records": {"resolver": resolver, "at": at}}})
    if result.matched_count == 1:
        return True
    same = {"_id": message.task, "records": {"$elemMatch": {"resolver": resolver, "at": at}}}
    return await catalog.crawl_tasks.find_one(same, {"_id": 1}) is not None


class CrawlCounts(NamedTuple):
    """How far a loop of a crawl is."""

    #: Videos that are planned, and of those the ones that were measured, failed, and wait.
    videos: int
    measured: int
    failed: int
    #: Lists that were read, and that could not be.
    lists: int
    lists_failed: int
    #: The round of the next task; None: nothing is left.
    round: int | None
    requests: int


async def crawl_counts(catalog: Catalog, crawl: Crawl) -> CrawlCounts:
    """Count the tasks of the loop under way."""
    here = {"crawl": crawl["_id"], "loop": crawl["loop"]}
    # What was skipped is done, and has not ended.
    ended = {"$ne": [{"$type": "$ended_at"}, "missing"]}
    failed = {"$ne": [{"$type": "$failure"}, "missing"]}
    rows = await catalog.crawl_tasks.aggregate(
        [
            {"$match": here},
            {
                "$group": {
                    "_id": "$kind",
                    "number": {"$sum": 1},
                    "ended": {"$sum": {"$cond": [ended, 1, 0]}},
                    "failed": {"$sum": {"$cond": [failed, 1, 0]}},
                    "requests": {"$sum": "$requests"},
                }
            },
        ]
    )
    found = {row["_id"]: row for row in await rows.to_list()}
    nothing = {"number": 0, "ended": 0, "failed": 0, "requests": 0}
    videos, lists = found.get("video", nothing), found.get("list", nothing)
    left = await catalog.crawl_tasks.find({**here, "state": {"$ne": "done"}}).sort("round", 1).limit(1).to_list()
    return CrawlCounts(
        videos=videos["number"],
        measured=videos["ended"] - videos["failed"],
        failed=videos["failed"],
        lists=lists["ended"] - lists["failed"],
        lists_failed=lists["failed"],
        round=left[0]["round"] if left else None,
        requests=videos["requests"] + lists["requests"],
    )


async def tasks_page(catalog: Catalog, crawl: Crawl, limit: int, after: tuple[int, int] | None) -> list[CrawlTask]:
    """Return up to `limit` tasks of all loops, in their order. `after`: loop and number of the last one before."""
    query: dict[str, Any] = {"crawl": crawl["_id"]}
    if after is not None:
        loop, number = after
        query["$or"] = [{"loop": {"$gt": loop}}, {"loop": loop, "number": {"$gt": number}}]
    found = catalog.crawl_tasks.find(query).sort([("loop", 1), ("number", 1), ("_id", 1)]).limit(limit)
    return await found.to_list()
