"""Messages about followed sources: a look at one is requested, and what the look found."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.base import Message, PlaylistId, Time, VideoId, WebUrl
from shared.contracts.failure import Failure
from shared.untrusted.bounds import MAX_COUNT
from shared.untrusted.text import Encodable, SourceLine

#: Name of a followed source: it is part of paths, and people type it.
SOURCE_NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
SourceName = Annotated[str, StringConstraints(pattern=SOURCE_NAME_PATTERN)]
#: Ids of the newest entries that a look remembers, and publication times that it reports.
MAX_RECENT, MAX_PUBLISHED = 200, 50
MAX_ENTRY_ID = 300
#: New or gone videos that one message names; the catalog names them all.
MAX_NAMED = 500
#: The id of an entry as its list names it.
EntryId = Annotated[Encodable, StringConstraints(max_length=MAX_ENTRY_ID)]


class Rung(StrEnum):
    """How a source was looked at: the cheapest way that answered."""

    #: The feed said that nothing has changed, or named what is new.
    FEED = "feed"
    #: The list was read until entries were known.
    INCREMENTAL = "incremental"
    #: The list was read to its end.
    FULL = "full"


class Depth(StrEnum):
    """How far a look goes at least."""

    #: The cheapest way that answers.
    ANY = "any"
    #: The list, whatever the feed says.
    LIST = "list"
    #: The list to its end.
    FULL = "full"


class FeedState(BaseModel):
    """What a feed's server wants to be told at the next request (RFC 9110, 13.1)."""

    model_config = ConfigDict(frozen=True)

    etag: Annotated[Encodable, StringConstraints(max_length=500)] | None = None
    modified: Annotated[Encodable, StringConstraints(max_length=100)] | None = None


class FeedHub(BaseModel):
    """Where a feed says that one is told of its changes (WebSub, 4); null: it names no hub."""

    model_config = ConfigDict(frozen=True)

    hub: WebUrl | None = None
    #: The feed's own address, by which the hub knows it.
    topic: WebUrl | None = None


class SourceCheckRequested(Message):
    """Asks a scraper to look at a followed source. The catalog says what is known of it."""

    type: ClassVar[str] = "source.check_requested.v1"

    source: SourceName
    url: WebUrl
    #: Number of the look, which grows with each: a message about an earlier one is out of date.
    look: int = Field(ge=1, le=MAX_COUNT)
    depth: Depth = Depth.ANY

    def identity(self) -> tuple[Any, ...]:
        return (self.source, self.look)


class SourceChecked(Message):
    """A look at a followed source has ended. New entries are accepted and requested before this is sent."""

    type: ClassVar[str] = "source.checked.v1"

    source: SourceName
    look: int = Field(ge=1, le=MAX_COUNT)
    rung: Rung
    #: Why it was not looked at; null: it was.
    failure: Failure | None = None
    #: Requests to the source.
    requests: int = Field(0, ge=0, le=MAX_COUNT)
    #: Entries: new ones that were requested, known ones, and those that filters left out.
    new: int = Field(0, ge=0, le=MAX_COUNT)
    known: int = Field(0, ge=0, le=MAX_COUNT)
    filtered: int = Field(0, ge=0, le=MAX_COUNT)
    #: Videos that have left the list since the last full look.
    gone: int = Field(0, ge=0, le=MAX_COUNT)
    new_ids: tuple[VideoId, ...] = Field((), max_length=MAX_NAMED)
    gone_ids: tuple[VideoId, ...] = Field((), max_length=MAX_NAMED)
    #: The newest entries of the list, by which the next look knows where to stop; null: as before.
    recent: tuple[EntryId, ...] | None = Field(None, max_length=MAX_RECENT)
    #: null: the feed was not asked, or does not answer as feeds do.
    feed: FeedState | None = None
    #: null: the feed was not read, or has not changed.
    feed_hub: FeedHub | None = None
    #: When entries were published, as far as the list says; the newest first.
    published: tuple[Time, ...] = Field((), max_length=MAX_PUBLISHED)
    #: What the source calls itself: names for people, and an id that is the same under all its addresses.
    title: SourceLine | None = None
    channel: SourceLine | None = None
    identity_id: PlaylistId | None = None
    checked_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.source, self.look)
