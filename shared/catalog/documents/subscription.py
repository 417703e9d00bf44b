"""The documents of `subscriptions`: at which hubs the watch service is told of changes of feeds."""

from __future__ import annotations

from datetime import datetime

from shared.catalog.documents.field_types.typed import NotRequired, TypedDict


class Subscription(TypedDict):
    """A document of `subscriptions`. Whoever knows its callback and secret can make its source be looked at."""

    #: The name of the followed source.
    _id: str
    #: What makes the address unguessable at which the hub calls. Never log it, nor the address.
    callback_id: str
    callback: str
    hub: str
    topic: str
    #: The key of the signatures of pushes. Never log it.
    secret: str
    created_at: datetime
    #: When the hub is asked next: at first, again after a failure, or to renew the lease.
    next_at: datetime
    #: Requests since the hub last confirmed.
    tries: int
    #: The end of the lease that the hub has confirmed.
    until: NotRequired[datetime]
    #: Why the last request failed.
    problem: NotRequired[str]
