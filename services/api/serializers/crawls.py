"""Turns the documents of crawls into the schemas of HTTP responses. Pure functions."""

from __future__ import annotations

from services.api.schemas.crawls import CrawlOut, CrawlTaskOut
from services.api.serializers.documents import failure_out
from shared.catalog.crawls.tasks import CrawlCounts
from shared.catalog.documents import Crawl, CrawlTask


def crawl_out(crawl: Crawl, counts: CrawlCounts) -> CrawlOut:
    """A crawl."""
    return CrawlOut(
        name=crawl["_id"],
        definition=crawl["definition"],
        created_at=crawl["created_at"],
        state=crawl["state"],
        ended_at=crawl.get("ended_at"),
        loop=crawl["loop"],
        **counts._asdict(),
    )


def task_out(task: CrawlTask) -> CrawlTaskOut:
    """A task. What it found is planned at once, so that is no state of its own here."""
    failure = task.get("failure")
    return CrawlTaskOut(
        number=task["number"],
        loop=task["loop"],
        round=task["round"],
        kind=task["kind"],
        url=task["url"],
        video_id=task.get("video_id"),
        state="done" if task["state"] == "answered" else task["state"],
        ended_at=task.get("ended_at"),
        attempts=task["attempt"],
        found=len(task.get("found", ())),
        failure=failure_out(failure) if failure is not None else None,
    )
