"""The documents of `playlists`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from shared.catalog.documents.failures import Defects, StoredFailure
from shared.catalog.documents.field_types.members import member_of
from shared.catalog.documents.field_types.typed import NotRequired, TypedDict
from shared.catalog.documents.ownership import Lease, Submitter


class PlaylistState(StrEnum):
    """The states of a playlist."""

    ACCEPTED = "accepted"
    EXPANDING = "expanding"
    #: Listed to its end.
    EXPANDED = "expanded"
    #: The listing failed, and will be tried again at `retry.due_at`.
    WAITING = "waiting"
    #: It cannot be listed, with a reason.
    REFUSED = "refused"


class PlaylistRetry(TypedDict):
    """What follows a failed listing."""

    failure: StoredFailure
    due_at: datetime
    #: Failures of the same reason in a row, charged or not.
    in_a_row: int
    first_failed_at: datetime


class Playlist(TypedDict):
    """A document of `playlists`."""

    _id: str
    url: str
    state: Annotated[PlaylistState, member_of(PlaylistState)]
    state_since: datetime
    accepted_at: datetime
    submitted_at: datetime
    #: As asked for with its last submission: see `PlaylistSubmitted`.
    profiles: NotRequired[list[str] | None]
    limit: NotRequired[int | None]
    priority: NotRequired[Literal["normal", "high"]]
    #: The rules of `shared.filters`, as JSON; None: all entries are taken.
    filters: NotRequired[dict[str, Any] | None]
    title: NotRequired[str | None]
    channel: NotRequired[str | None]
    #: Entries seen by the last listing.
    found: NotRequired[int]
    #: Failed listings since the last one that succeeded, and how many of them were charged.
    attempts: int
    charged: int
    retry: NotRequired[PlaylistRetry]
    expanded_at: NotRequired[datetime]
    #: When the last listing began, by the server's clock: it covers every submission before.
    listing_began_at: NotRequired[datetime]
    #: The scraper that lists it now.
    lease: NotRequired[Lease]
    #: Leases in a row that expired because their owner died.
    desertions: NotRequired[int]
    #: Entries that the source says it has, if it says so.
    expected: NotRequired[int | None]
    #: It was never submitted, only followed.
    followed_only: NotRequired[bool]
    #: Of a followed list: videos that it no longer lists, and when the last of them was found to be gone.
    departed: NotRequired[int]
    departed_at: NotRequired[datetime]
    #: Entries that the listing before the present one had seen.
    found_before: NotRequired[int]
    #: What the last listing left out, a sentence each.
    left_out: NotRequired[list[str]]
    #: How often a source refused us over it while it served others.
    suspicions: NotRequired[int]
    #: Whose it is; absent: it belongs to somebody who is not limited.
    submitter: NotRequired[Submitter]
    #: Who asked for its next listing, or for the present one, and pays for it; absent: the submitter.
    asker: NotRequired[Submitter]
    #: It was submitted again during its listing: when the next one may begin, and who asked for that.
    again_at: NotRequired[datetime]
    again_for: NotRequired[Submitter]
    defects: NotRequired[Defects]
