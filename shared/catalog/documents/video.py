"""The documents of `videos`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from shared.catalog.documents.attempts import LogEntry
from shared.catalog.documents.failures import Defects, StoredFailure
from shared.catalog.documents.field_types.members import member_of
from shared.catalog.documents.field_types.typed import NotRequired, TypedDict
from shared.catalog.documents.objects import Audio, Copied, Metadata, MirrorCopy, StoredSidecar
from shared.catalog.documents.ownership import Lease, Submitter
from shared.catalog.documents.tombstone import Tombstone


class VideoState(StrEnum):
    """The states of a video. At every moment it is in exactly one."""

    #: Waits in the broker for a scraper.
    QUEUED = "queued"
    #: A scraper works on it under a lease.
    RUNNING = "running"
    #: Nothing to do before `retry.due_at`.
    WAITING = "waiting"
    #: Its verified audio object is in the store.
    STORED = "stored"
    #: Not fetched any more, with a reason.
    ABANDONED = "abandoned"


class Retry(TypedDict):
    """What follows a failure."""

    failure: StoredFailure
    #: When the next attempt may begin.
    due_at: datetime
    #: Whether the retry service has decided; until then `due_at` is only a guess.
    decided: bool
    #: Attempts charged so far: those that failed for a transient reason.
    charged: int
    #: Failures of the same reason in a row, charged or not.
    in_a_row: int
    first_failed_at: datetime
    last_failed_at: datetime


class PlaylistFilters(TypedDict):
    """The rules by which one playlist takes a video: see `shared.filters`."""

    playlist: str
    rules: dict[str, Any]


class Departure(TypedDict):
    """A followed playlist no longer lists a video."""

    playlist: str
    at: datetime


class Video(TypedDict):
    """A document of `videos`."""

    _id: str
    #: The order in which videos were accepted, from 1 on: see `catalog.search.accessions`.
    accession: int
    extractor: str
    source_id: str
    url: str
    title: str | None
    #: Words of title and channel by which it is found, and the same words between spaces: see `catalog.search.terms`.
    words: list[str]
    spelled: str
    #: Its licence as the source says it, or `unknown`; absent before it was fetched.
    licence: NotRequired[str]
    #: First by the listing, then by the source; None where neither says it.
    duration_seconds: float | None
    #: What is to be stored of it; the first one is the main profile.
    profiles: list[str]
    playlists: list[str]
    #: It is taken only if the rules of one of these playlists take it; absent: some playlist takes it as it is.
    filters: NotRequired[list[PlaylistFilters]]
    state: Annotated[VideoState, member_of(VideoState)]
    state_since: datetime
    accepted_at: datetime
    #: When the broker confirmed its request; absent: accepted, but not yet published.
    requested_at: NotRequired[datetime]
    #: Fencing token: grows with every claim.
    token: int
    #: Attempts that ended, whatever their outcome.
    attempts: int
    lease: NotRequired[Lease]
    #: Leases in a row that expired because their owner died.
    desertions: NotRequired[int]
    #: How often a source refused us over it while it served others.
    suspicions: NotRequired[int]
    retry: NotRequired[Retry]
    metadata: NotRequired[Metadata]
    #: The audio object in the main profile, the renditions in other profiles, and the sidecar files.
    audio: NotRequired[Audio]
    further: NotRequired[list[Audio]]
    beside: NotRequired[list[StoredSidecar]]
    mirror: NotRequired[MirrorCopy]
    #: Every container that has had verified copies, also of earlier objects and in targets that are off now. Absent
    #: beside `mirror`: noted by a version that knew only Azure.
    copies: NotRequired[list[Copied]]
    #: SHA-256 of the audio object that was mirrored before a target was added: its event was published then.
    reopened: NotRequired[str]
    #: The log entry of an attempt that ended, until it is in `logs` and the broker has confirmed its event.
    unannounced: NotRequired[LogEntry]
    tombstone: NotRequired[Tombstone]
    defects: NotRequired[Defects]
    #: It is requested through the urgent queue, which does not wait for the long one.
    urgent: NotRequired[bool]
    #: A listing showed it as unavailable, and it was never requested since.
    placeholder: NotRequired[bool]
    #: Followed playlists that no longer list it, and since when that is known.
    left: NotRequired[list[Departure]]
    #: When it was published, as its followed list says; absent: unknown, or before its source was followed.
    published_at: NotRequired[datetime]
    #: Its submitter, if they are limited.
    submitter: NotRequired[Submitter]
