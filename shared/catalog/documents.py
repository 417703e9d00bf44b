"""The documents of the catalog: their fields, and who writes each.

videos      accept: scraper (expansion) · state and lease: scraper, retry, api (transitions only) · metadata, audio:
            scraper · retry: retry · mirror: sync · tombstone: api, its end: sync
            defects: whoever met one
playlists   accept: api, scraper · everything else: scraper, and retry for `retry` · defects: whoever met one
logs        append-only: scraper; retry for what a dead scraper left
breakers    scraper; api for a person's wish to resume
ledgers     scraper
parked      retry; api for replay and drop
keys        api
sessions    api
sweeps      whoever sweeps the mirror
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

# Not those of `typing`: pydantic, which `shapes` checks documents with, reads those only from Python 3.12 on.
from typing_extensions import NotRequired, TypedDict  # noqa: UP035


class VideoState(StrEnum):
    """The states of a video. At every moment it is in exactly one."""

    #: Waits in the broker for a scraper.
    QUEUED = "queued"
    #: A scraper works on it under a lease.
    RUNNING = "running"
    #: Nothing to do before `retry.due_at`.
    WAITING = "waiting"
    #: Its verified audio object lies in the store.
    STORED = "stored"
    #: Given up, with a reason.
    ABANDONED = "abandoned"


class PlaylistState(StrEnum):
    """The states of a playlist."""

    ACCEPTED = "accepted"
    EXPANDING = "expanding"
    #: Listed to its end.
    EXPANDED = "expanded"
    #: The listing failed and will be tried again at `retry.due_at`.
    WAITING = "waiting"
    #: It cannot be listed, with a reason.
    REFUSED = "refused"


class Lease(TypedDict):
    """A scraper's claim on a video."""

    owner: str
    expires_at: datetime


class Reason(TypedDict):
    """Why something did not work: a Failure, as stored."""

    failure_class: str
    reason: str
    detail: str
    retry_at: datetime | None
    #: SHA-256 of the media that was judged, if it was the media.
    media_sha256: NotRequired[str | None]


class Defects(TypedDict):
    """Defects of our own code that were met over a document since it last moved on."""

    number: int
    #: The last one, with its place in the code.
    failure: Reason
    at: datetime
    #: No sweep takes the document up before.
    again_at: datetime


class Retry(TypedDict):
    """What follows a failure."""

    failure: Reason
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


class Metadata(TypedDict, total=False):
    """What the source says of a video; None where it says nothing. The licence is kept as read, never guessed."""

    title: str | None
    channel: str | None
    channel_id: str | None
    duration_seconds: float | None
    upload_date: str | None
    licence: str | None
    language: str | None
    description: str | None
    webpage_url: str | None


class Audio(TypedDict):
    """A stored audio object: the video's sound in one profile."""

    profile: str
    bucket: str
    key: str
    sha256: str
    size_bytes: int
    duration_seconds: float
    bitrate_kbps: int
    codec: str
    #: Of the source, so that nobody takes 320 kbit/s made of 128 for quality.
    source_codec: str | None
    source_bitrate_kbps: float | None
    source_format: str | None
    #: What fetched it: yt-dlp, you-get or converter.
    engine: str
    stored_at: datetime


class Beside(TypedDict):
    """A stored object that is not sound."""

    #: info, thumbnail, subtitles or chapters.
    kind: str
    key: str
    sha256: str
    size_bytes: int
    #: Of subtitles; and whether a machine made them.
    language: NotRequired[str]
    automatic: NotRequired[bool]


class Mirror(TypedDict):
    """The verified copy in Azure of the audio object; written when all objects of the video are there."""

    container: str
    blob: str
    sha256: str
    size_bytes: int
    mirrored_at: datetime


class Kept(TypedDict):
    """One reason why a store still holds some of a deleted video: an Obstacle, as stored."""

    reason: str
    #: What keeps it, and what to do.
    detail: str
    #: When that ends by itself; None: never, or nobody knows.
    until: datetime | None


class Tombstone(TypedDict):
    """A person deleted the video: it is not fetched again, and all there is of it is removed from both stores."""

    at: datetime
    #: When no store held any version of it any more; None until then.
    purged_at: datetime | None
    #: Where its objects were when it was deleted, whatever the settings say since.
    bucket: NotRequired[str]
    container: NotRequired[str]
    #: Why the last purge could not remove everything; how many tried; when the next one does.
    kept: NotRequired[list[Kept]]
    tries: NotRequired[int]
    again_at: NotRequired[datetime]


class Video(TypedDict):
    """A document of `videos`."""

    _id: str
    #: The order in which videos were accepted, from 1 on: see `accessions`.
    accession: int
    extractor: str
    source_id: str
    url: str
    title: str | None
    #: Under which it is found, and the same between spaces: see `words`.
    words: list[str]
    spelled: str
    #: Under which it is found once it was fetched: its licence as the source says it, or `unknown`.
    licence: NotRequired[str]
    #: As the listing says it, then as the source does; None where neither does.
    duration_seconds: float | None
    #: What is to be stored of it; the first one is the main one.
    profiles: list[str]
    playlists: list[str]
    state: str
    state_since: datetime
    accepted_at: datetime
    #: When its request was confirmed by the broker; absent: accepted, but not yet published.
    requested_at: NotRequired[datetime]
    #: Fencing token: grows with every claim.
    token: int
    #: Attempts that ended, whatever their outcome.
    attempts: int
    lease: NotRequired[Lease]
    #: Leases in a row that ran out because whoever held them died.
    desertions: NotRequired[int]
    #: How often a source refused us over it while it served others.
    suspicions: NotRequired[int]
    retry: NotRequired[Retry]
    metadata: NotRequired[Metadata]
    #: The audio object in the main profile, then those in the others, then what lies beside them.
    audio: NotRequired[Audio]
    further: NotRequired[list[Audio]]
    beside: NotRequired[list[Beside]]
    mirror: NotRequired[Mirror]
    #: The log entry of an attempt that ended, until it is in `logs` and its event is confirmed by the broker.
    unannounced: NotRequired[LogEntry]
    tombstone: NotRequired[Tombstone]
    defects: NotRequired[Defects]
    #: It is requested beside the long queue of the others, not after it.
    urgent: NotRequired[bool]
    #: A listing showed it as not to be had; it was never asked for since.
    placeholder: NotRequired[bool]
    #: Who brought it in, if they are limited.
    submitter: NotRequired[Submitter]


class PlaylistRetry(TypedDict):
    """What follows a failed listing."""

    failure: Reason
    due_at: datetime
    #: Failures of the same reason in a row, charged or not.
    in_a_row: int
    first_failed_at: datetime


class Submitter(TypedDict):
    """Who brought something in."""

    #: Id of a key of the API, or what else names them.
    key: str
    #: Whether they have a share of what a source is asked, and no more.
    limited: bool


class Playlist(TypedDict):
    """A document of `playlists`."""

    _id: str
    url: str
    state: str
    state_since: datetime
    accepted_at: datetime
    submitted_at: datetime
    #: As asked for with its last submission: see `PlaylistSubmitted`.
    profiles: NotRequired[list[str] | None]
    limit: NotRequired[int | None]
    priority: NotRequired[str]
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
    #: Leases in a row that ran out because whoever held them died.
    desertions: NotRequired[int]
    #: Entries that the source says it has, if it says so.
    expected: NotRequired[int | None]
    #: Entries that the listing before the present one had seen.
    found_before: NotRequired[int]
    #: What the last listing left out, a sentence each.
    left_out: NotRequired[list[str]]
    #: How often a source refused us over it while it served others.
    suspicions: NotRequired[int]
    #: Whose it is; absent: of somebody who is not limited.
    submitter: NotRequired[Submitter]
    #: Who asked for its next listing, or the one under way, and pays for it; absent: whose it is.
    asker: NotRequired[Submitter]
    #: It was submitted again during its listing: when the next one may begin, and who asked for that.
    again_at: NotRequired[datetime]
    again_for: NotRequired[Submitter]
    defects: NotRequired[Defects]


class LogEntry(TypedDict):
    """A document of `logs`: one attempt. The first eight fields are a public promise."""

    _id: str
    video_id: str
    url: str
    title: str | None
    status: str
    timestamp: datetime
    #: Attempts that ended before this one.
    retry_attempts: int
    #: When the attempt before this one ended; None for the first.
    last_retry: datetime | None
    error: str | None
    failure_class: str | None
    reason: str | None
    token: int
    scraper: str
    seconds: float
    #: Seconds by stage: download, encode, verify, store.
    stages: dict[str, float]


class Breaker(TypedDict):
    """A document of `breakers`: whether a scraper takes work, and if not, why and until when."""

    #: `<egress>/storage`, `<egress>/egress/<source>`
    _id: str
    egress: str
    #: egress: the source refuses this address. storage: the object store or the disk takes nothing.
    kind: str
    #: Which source; absent or None of storage.
    source: NotRequired[str | None]
    state: str
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
    #: Whether any of them was no listing.
    of_videos: NotRequired[bool]
    #: When the server removes it, of a source that is not known by name: nobody may be left to close it.
    forget_at: NotRequired[datetime | None]
    #: When a person asked to try again now; the scraper takes it away.
    resume_at: datetime | None


class LedgerShare(TypedDict):
    """What one limited submitter has used of a ledger's budget."""

    key: str
    #: Allowed in an hour.
    requests: int
    #: As those of the ledger.
    minutes: list[list[int]]


class Ledger(TypedDict):
    """A document of `ledgers`: what an egress has asked of a source. See `catalog.ledgers`."""

    #: `<egress>/<source>`
    _id: str
    egress: str
    source: str
    #: Grows with every change, so that of two changes at once one is made again.
    version: int
    #: Requests allowed in an hour, as the scraper that last reserved some is set to.
    budget: int
    #: [minute since the epoch, requests reserved in it], the oldest first.
    minutes: list[list[int]]
    #: When the next download may start.
    next_start: datetime | None
    shares: NotRequired[list[LedgerShare]]
    #: When it was last needed, of a source that is not known by name: the server removes it some hours after that.
    used_at: NotRequired[datetime]


class Key(TypedDict):
    """A document of `keys`: somebody's access to the API."""

    _id: str
    #: For people: whose it is, what for.
    name: str
    #: SHA-256 of the whole key, hexadecimal.
    sha256: str
    #: listen, read, submit or admin.
    scope: str
    created_at: datetime
    #: None: until it is revoked.
    expires_at: datetime | None
    revoked_at: datetime | None
    #: When it was last used, to the minute.
    used_at: datetime | None


class Session(TypedDict):
    """A document of `sessions`: somebody signed in to the dashboard."""

    #: SHA-256 of its token, hexadecimal.
    _id: str
    #: The key it was begun with, and what proves that it is still the same: a session ends with its key.
    key_id: str
    key_proof: str
    #: What the dashboard must send with everything that changes something.
    csrf: str
    began_at: datetime
    #: The server removes it then.
    expires_at: datetime


class Parked(TypedDict):
    """A document of `parked`: a message that no code could process, as it came."""

    _id: str
    #: The queue it came from, and goes back to when it is replayed.
    queue: str
    reason: str
    parked_at: datetime
    body: bytes
    #: The beginning of it, so that lists need not read the whole.
    preview: NotRequired[bytes]
    #: Bytes of the message as it came; `body` holds only the beginning of one that is far too large.
    size_bytes: int
