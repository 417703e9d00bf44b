"""The documents of `breakers`, `ledgers` and `parked`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from shared.catalog.documents.field_types.members import member_of
from shared.catalog.documents.field_types.typed import NotRequired, TypedDict

#: The cause of a breaker. egress: a source refuses this address. storage: the object store or the disk accepts nothing.
BreakerKind = Literal["egress", "storage"]


class BreakerState(StrEnum):
    """The states of a breaker."""

    #: All is well.
    CLOSED = "closed"
    #: Nothing is requested until the rest is over.
    OPEN = "open"
    #: The rest is over; one video at a time shows whether all is well again.
    HALF_OPEN = "half-open"


class StoredBreaker(TypedDict):
    """A document of `breakers`: whether a scraper takes work, and if not, why and until when."""

    #: `<egress>/storage`, `<egress>/egress/<source>`
    _id: str
    egress: str
    kind: BreakerKind
    #: Which source; absent or None for storage.
    source: NotRequired[str | None]
    state: Annotated[BreakerState, member_of(BreakerState)]
    reason: str | None
    detail: str | None
    since: datetime
    #: When one video is tried; None while closed, and while only a person can end the rest.
    until: datetime | None
    #: Length of the present rest, which the next one doubles; 0 while closed.
    rest_seconds: float
    scraper: str
    #: The videos and playlists over which it opened since it was closed.
    culprits: NotRequired[list[str]]
    #: Whether any of them was a video.
    of_videos: NotRequired[bool]
    #: When the server removes the breaker of a source that is not known by name: nobody may be left to close it.
    forget_at: NotRequired[datetime | None]
    #: When a person asked to try again now; the scraper removes it.
    resume_at: datetime | None


class LedgerShare(TypedDict):
    """The requests that one limited submitter has used of a ledger's budget."""

    key: str
    #: Allowed in an hour.
    requests: int
    #: Like the ledger's minutes.
    minutes: list[list[int]]


class Ledger(TypedDict):
    """A document of `ledgers`: the requests of an egress to a source. See `catalog.operations.ledgers`."""

    #: `<egress>/<source>`
    _id: str
    egress: str
    source: str
    #: Increases with every change; of two simultaneous changes, one is repeated.
    version: int
    #: Requests allowed in an hour, by the settings of the scraper that last reserved some.
    budget: int
    #: [minute since the epoch, requests reserved in it], the oldest first.
    minutes: list[list[int]]
    #: When the next download may start.
    next_start: datetime | None
    shares: NotRequired[list[LedgerShare]]
    #: When it was last needed, for a source that is not known by name: the server removes it some hours later.
    used_at: NotRequired[datetime]


class Parked(TypedDict):
    """A document of `parked`: a message that no code could process, as it came."""

    _id: str
    #: The queue it came from, and returns to when it is replayed.
    queue: str
    reason: str
    parked_at: datetime
    body: bytes
    #: The beginning of the body, so that lists need not read all of it.
    preview: NotRequired[bytes]
    #: Bytes of the message as it came; `body` holds only the beginning of one that is far too large.
    size_bytes: int
