"""The documents of `endpoints` and `deliveries`: who is told of events, and what became of each event."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.catalog.documents.field_types.typed import NotRequired, TypedDict
from shared.contracts.notification import NoticeKind

#: A web address, people through Apprise, or a Python function.
EndpointKind = Literal["webhook", "people", "hook"]


class PeopleRule(TypedDict):
    """What people are told, and when."""

    #: Kinds of notices.
    tell: list[str]
    #: Times of the digest of new recordings, and of the summary: at-once, never, or a cron line with its time zone.
    digest: str
    summary: str
    #: Only sources with all these labels.
    labels: dict[str, str]


class StoredEndpoint(TypedDict):
    """A document of `endpoints`."""

    #: The name.
    _id: str
    #: Absent: webhook.
    kind: NotRequired[EndpointKind]
    #: Where it is, without secrets: the address of a webhook, the scheme for people, module and name of a hook.
    url: str
    #: Types of events of which it is told.
    types: list[str]
    #: Of a webhook: whsec_ and base64. Of people: their address. Of a hook: empty. Never log it.
    secret: str
    #: Of people.
    rule: NotRequired[PeopleRule]
    #: Until when the last digest and the last summary reached.
    digest_until: NotRequired[datetime]
    summary_until: NotRequired[datetime]
    #: Until when the ones that are being sent reach.
    digest_due: NotRequired[datetime]
    summary_due: NotRequired[datetime]
    enabled: bool
    #: Raised by a person to resume it.
    resume: int
    #: Grows with each change of the definition.
    version: int
    created_at: datetime
    #: Deliveries in a row that failed for good.
    failures: int
    #: Since when and why it is paused.
    paused_at: NotRequired[datetime]
    paused_why: NotRequired[str]


class Delivery(TypedDict):
    """A document of `deliveries`: one event for one endpoint."""

    #: `<endpoint>/<event id>`.
    _id: str
    endpoint: str
    event_type: str
    subject: str
    #: Attempts made so far.
    attempts: int
    at: datetime
    #: HTTP status of the last attempt; None: there was no answer.
    status: int | None
    #: Why the last attempt failed; None: it did not.
    error: str | None
    #: Exactly one of these is there once it has ended.
    delivered_at: NotRequired[datetime]
    failed_at: NotRequired[datetime]


class StoredNotice(TypedDict):
    """A document of `notices`: a condition that somebody is told of, until it is over."""

    #: The condition's key, e.g. source-failing/radio-zou.
    _id: str
    kind: NoticeKind
    title: str
    text: str
    #: The followed source that it is about; None: none.
    source: str | None
    #: When it was first and last seen.
    at: datetime
    seen_at: datetime
    #: The labels of that source.
    labels: dict[str, str] | None
    #: The round in which it began: what began in one round is told together, the same after a crash.
    began_at: NotRequired[datetime]
    #: When its deliveries were requested.
    raised_at: NotRequired[datetime]
    #: The round that found it to be over.
    over_at: NotRequired[datetime]
