"""Messages about crawls: a task is given to a scraper, and what came of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.addresses.resolvers import resolver_of
from shared.contracts.base import Message, VideoId, WebUrl
from shared.contracts.failure import Failure
from shared.untrusted.bounds import MAX_COUNT
from shared.untrusted.text import Encodable

#: Name of a crawl: it is part of paths and ids, and people type it.
CRAWL_NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
CrawlName = Annotated[str, StringConstraints(pattern=CRAWL_NAME_PATTERN)]
#: `<crawl>/<loop>/<list or video>/<id>`.
TaskId = Annotated[Encodable, StringConstraints(max_length=700)]
#: `system`, or the address of a resolver, with its port if that is not 53.
Resolver = Annotated[Encodable, StringConstraints(max_length=60), AfterValidator(resolver_of)]
#: Limits of one task. An answer with so many entries fits into a message.
MAX_FOUND, MAX_RESOLVERS, MAX_PINGS, MAX_PROBE_SECONDS = 200, 8, 100, 3600


class TaskKind(StrEnum):
    """What is done at an address."""

    #: Its entries are listed.
    LIST = "list"
    #: Its download is measured.
    VIDEO = "video"


class ProbeRequested(Message):
    """Asks a scraper to list an address for a crawl, or to measure a download. Nothing of it is kept."""

    type: ClassVar[str] = "probe.requested.v1"

    crawl: CrawlName
    task: TaskId
    #: Which asking for the task: a message about an earlier one is out of date.
    attempt: int = Field(ge=1, le=MAX_COUNT)
    kind: TaskKind
    url: WebUrl
    video_id: VideoId | None = Field(None, description="Of a video.")
    egress: Annotated[Encodable, StringConstraints(max_length=300)] | None = Field(
        None, description="The egress that is to do it; null: any."
    )
    seconds: float | None = Field(
        None, gt=0, le=MAX_PROBE_SECONDS, description="After that time a download ends; null: with the recording."
    )
    resolvers: tuple[Resolver, ...] = Field(("system",), min_length=1, max_length=MAX_RESOLVERS)
    pings: int = Field(0, ge=0, le=MAX_PINGS, description="Packets to the server that sent the media.")
    entries: int = Field(0, ge=0, le=MAX_FOUND, description="How many entries of a list are wanted at most.")

    def identity(self) -> tuple[Any, ...]:
        return (self.task, self.attempt)


class FoundEntry(BaseModel):
    """A video that a task found."""

    model_config = ConfigDict(frozen=True)

    video_id: VideoId
    url: WebUrl


class ProbeAnswered(Message):
    """A task of a crawl has ended. Its measurements were sent before."""

    type: ClassVar[str] = "probe.answered.v1"

    crawl: CrawlName
    task: TaskId
    attempt: int = Field(ge=1, le=MAX_COUNT)
    #: Why there is no measurement, or why the list was not read as far as wanted; null: it was.
    failure: Failure | None = None
    found: tuple[FoundEntry, ...] = Field((), max_length=MAX_FOUND)
    #: Pages and calls that were requested of the source.
    requests: int = Field(0, ge=0, le=MAX_COUNT)

    def identity(self) -> tuple[Any, ...]:
        return (self.task, self.attempt)
