"""Schemas of followed sources and of the looks at them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.schemas.fields import with_types_of_json
from services.api.schemas.progress import FailureOut
from shared.contracts.source import Rung
from shared.following.definition import SourceDefinition

SourceIn = Annotated[SourceDefinition, with_types_of_json(SourceDefinition)]
#: due: its look is due; waiting: until `due_at`; asked: a look is under way; paused: it is not looked at; same: another
#: source is the same list, and this one is not looked at.
SourceState = Literal["due", "waiting", "asked", "paused", "same"]


#: off: its feed has no hub, or pushes are not set up; asked: the hub has not confirmed yet; refused: see `problem`.
PushState = Literal["off", "asked", "subscribed", "refused"]


class PushOut(BaseModel):
    """Whether the hub of a source's feed tells of what is new. The source is looked at on its schedule all the same."""

    state: PushState
    #: The end of the lease; it is renewed before.
    until: datetime | None
    #: Why the last request to the hub failed.
    problem: str | None


class LookOut(BaseModel):
    """What a look at a source found."""

    look: int | None
    rung: Rung
    at: datetime
    #: Requests to the site.
    requests: int
    new: int
    known: int
    filtered: int
    gone: int
    #: Ids of videos; at most 20 of each.
    new_ids: list[str]
    gone_ids: list[str]
    failure: FailureOut | None
    #: push: the hub of its feed said that there is something new; null: it was due, or somebody asked for it.
    hint: Literal["push"] | None


class SourceOut(BaseModel):
    """A followed source."""

    name: str
    #: What differs from the defaults.
    definition: dict[str, Any]
    #: Of the definition: send it in If-Match to change it.
    version: int
    state: SourceState
    playlist_id: str
    url: str
    title: str | None
    channel: str | None
    #: When it is looked at next, and why then.
    due_at: datetime
    schedule: str
    looked_at: datetime | None
    last: LookOut | None
    #: Failed looks in a row.
    failures: int
    #: Whether it has published nothing for five times its usual gap.
    silent: bool
    #: The source that is the same list.
    same_as: str | None
    push: PushOut


class SourcePage(BaseModel):
    """A page of followed sources by name, and the cursor of the next page."""

    items: list[SourceOut]
    next: str | None


class LooksOut(BaseModel):
    """The latest looks at a source, the newest first."""

    items: list[LookOut]


class ExpiredOut(BaseModel):
    """A recording that its source keeps no longer."""

    video_id: str
    upload_date: str | None = Field(description="YYYYMMDD.")
    stored_at: datetime


class RetentionOut(BaseModel):
    """What a source keeps, and what its retention deletes next; nothing is deleted by reading this."""

    #: Of the definition: send it in If-Match to delete by it.
    version: int
    #: all, a number of recordings, or days (90d).
    keep: str
    #: The newest recordings that always stay.
    always: int
    #: Stored recordings of the source.
    stored: int
    #: Recordings that it keeps no longer.
    expired: int
    #: The oldest of them first.
    items: list[ExpiredOut]
    #: When its definition last changed: the watch service deletes a day later, by its setting.
    changed_at: datetime


class RetentionRunOut(BaseModel):
    """Ids of the videos that were deleted, and whether there are more."""

    deleted: list[str]
    more: bool


class CheckIn(BaseModel):
    """A request to look now."""

    model_config = ConfigDict(extra="forbid")

    full: bool = Field(False, description="Whether the list is read to its end.")


__all__ = [
    "CheckIn",
    "ExpiredOut",
    "LookOut",
    "LooksOut",
    "PushOut",
    "RetentionOut",
    "RetentionRunOut",
    "SourceDefinition",
    "SourceOut",
    "SourcePage",
    "SourceState",
]
