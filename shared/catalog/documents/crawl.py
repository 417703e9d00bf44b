"""The documents of `crawls` and `crawl_tasks`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from shared.catalog.documents.failures import StoredFailure
from shared.catalog.documents.field_types.typed import NotRequired, TypedDict

#: done: it reached its end or its limits. stopped: a person stopped it.
CrawlState = Literal["running", "done", "stopped"]
#: waiting → asked (a scraper has it) → answered → done (what it found is planned).
TaskState = Literal["waiting", "asked", "answered", "done"]


class Crawl(TypedDict):
    """A document of `crawls`. The API creates and stops it; everything else is probe's."""

    #: The name.
    _id: str
    #: What differs from the defaults of `crawling.CrawlDefinition`.
    definition: dict[str, Any]
    created_at: datetime
    state: CrawlState
    #: Which loop is under way, from 1; 0: none has begun.
    loop: int
    #: The earliest moment of the next request.
    next_at: NotRequired[datetime]
    ended_at: NotRequired[datetime]


class FoundVideo(TypedDict):
    """A video that a task found."""

    video_id: str
    url: str


class TaskRecord(TypedDict):
    """A measurement that was kept of a task: one for each resolver."""

    resolver: str
    at: datetime


class CrawlTask(TypedDict):
    """A document of `crawl_tasks`: an address that is listed, or a video that is measured. Probe's."""

    #: `<crawl>/<loop>/<list or video>/<id>`: one address is measured once in a loop.
    _id: str
    crawl: str
    loop: int
    round: int
    #: Its place among all tasks of the loop, from 1.
    number: int
    kind: Literal["list", "video"]
    url: str
    video_id: NotRequired[str]
    #: The task that found it; of a list: the video whose mix it is.
    parent: NotRequired[str]
    #: Of a video: its place among the videos of the loop, from 1.
    video_number: NotRequired[int]
    state: TaskState
    #: How often it was asked for: a fencing token.
    attempt: int
    #: How often a scraper began it without an answer yet, and how often its source refused it.
    begun: int
    refusals: int
    lease_until: NotRequired[datetime]
    ended_at: NotRequired[datetime]
    failure: NotRequired[StoredFailure]
    found: NotRequired[list[FoundVideo]]
    requests: NotRequired[int]
    records: list[TaskRecord]
