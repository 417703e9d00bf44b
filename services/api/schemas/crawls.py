"""Schemas of crawls: downloads that are made to measure them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from services.api.schemas.fields import with_types_of_json
from services.api.schemas.progress import FailureOut
from shared.crawling.definition import CrawlDefinition

CrawlIn = Annotated[CrawlDefinition, with_types_of_json(CrawlDefinition)]


class CrawlOut(BaseModel):
    """A crawl, and how far its loop is."""

    name: str
    #: What differs from the defaults.
    definition: dict[str, Any]
    created_at: datetime
    #: done: it came to its end or its limits; stopped: by a person.
    state: Literal["running", "done", "stopped"]
    ended_at: datetime | None
    #: From 1; 0: none has begun.
    loop: int
    #: Of the next task; null: nothing is left.
    round: int | None
    #: Videos that are planned so far, and of those the ones that were measured, and that could not be.
    videos: int
    measured: int
    failed: int
    #: Playlists and searches that were read, and that could not be, or not as far as wanted.
    lists: int
    lists_failed: int
    #: Pages and calls that were requested of sources.
    requests: int


class CrawlsOut(BaseModel):
    """Crawls, the newest first."""

    items: list[CrawlOut]


class CrawlTaskOut(BaseModel):
    """An address that is listed, or a video that is measured."""

    number: int
    loop: int
    round: int
    kind: Literal["list", "video"]
    url: str
    video_id: str | None
    #: asked: a scraper has it.
    state: Literal["waiting", "asked", "done"]
    ended_at: datetime | None
    #: How often it was requested.
    attempts: int
    #: Videos that it found.
    found: int
    failure: FailureOut | None


class CrawlTaskPage(BaseModel):
    """A page of tasks, in their order."""

    items: list[CrawlTaskOut]
    next: str | None
