"""The documents of `sources` and `looks`: followed sources, and what each look at one found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from shared.catalog.documents.failures import StoredFailure
from shared.catalog.documents.field_types.typed import NotRequired, TypedDict

#: push: the hub of its feed said that there is something new.
Hint = Literal["push"]


class LookResult(TypedDict):
    """What a look found; see `contracts.source.SourceChecked`."""

    rung: str
    #: When it was requested, and when it ended.
    asked_at: datetime
    at: datetime
    requests: int
    new: int
    known: int
    filtered: int
    gone: int
    new_ids: list[str]
    gone_ids: list[str]
    #: Absent: it was looked at.
    failure: NotRequired[StoredFailure]
    #: What made it due earlier than its schedule; absent: nothing did.
    hint: NotRequired[Hint]


class Look(LookResult):
    """A document of `looks`."""

    #: `<source>/<number>`.
    _id: str
    source: str
    look: int


class Source(TypedDict):
    """A document of `sources`. `definition` is the person's (api, watch for a file); everything else is watch's."""

    #: The name.
    _id: str
    #: What differs from the defaults of `following.SourceDefinition`.
    definition: dict[str, Any]
    #: Grows with each change of the definition.
    version: int
    created_at: datetime
    updated_at: datetime
    #: Its list, and the id that is the same under all addresses of the list.
    playlist_id: str
    url: str
    identity_id: str
    #: Whether it is looked at; repeated here for the index.
    enabled: bool
    #: When it is looked at next.
    due_at: datetime
    #: Number of the last look that was requested: a fencing token.
    look: int
    #: A look is under way, since when and until when its answer is waited for.
    asked_at: NotRequired[datetime]
    lease_until: NotRequired[datetime]
    #: Version of the definition at that request.
    asked_version: NotRequired[int]
    #: Whether a push came before that request and after the one before it.
    asked_hint: NotRequired[Hint | None]
    #: The last look that ended, and the last one that looked.
    last: NotRequired[LookResult]
    looked_at: NotRequired[datetime]
    #: When its list was last read, and read to its end.
    listed_at: NotRequired[datetime]
    full_at: NotRequired[datetime]
    #: When somebody last asked for a look. After a push it may lie ahead: then one is wanted at that time.
    wanted_at: NotRequired[datetime]
    #: For when a push last wanted a look.
    pushed_at: NotRequired[datetime]
    #: The next look reads the list to its end.
    full_next: NotRequired[bool]
    #: Looks in a row that failed.
    failures: int
    #: The newest entries that the last look saw, and when entries were published; the newest first.
    recent: list[str]
    published: list[datetime]
    #: When it counts as silent against its own rhythm; absent: too few publication times are known.
    silent_at: NotRequired[datetime]
    #: What the feed's server wants to be told: etag, modified.
    feed: NotRequired[dict[str, str | None]]
    #: The hub that tells of changes of the feed, and what it calls the feed; see `contracts.source.FeedHub`.
    feed_hub: NotRequired[dict[str, str | None]]
    title: NotRequired[str | None]
    channel: NotRequired[str | None]
    #: Another followed source that is the same list: this one is not looked at.
    same_as: NotRequired[str]
