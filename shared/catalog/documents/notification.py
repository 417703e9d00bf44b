"""The documents of `endpoints` and `deliveries`: who is told of events, and what became of each event."""

from __future__ import annotations

from datetime import datetime

from shared.catalog.documents.typed import NotRequired, TypedDict


class StoredEndpoint(TypedDict):
    """A document of `endpoints`."""

    #: The name.
    _id: str
    url: str
    #: Types of events of which it is told.
    types: list[str]
    #: whsec_ and base64. Never log it.
    secret: str
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
