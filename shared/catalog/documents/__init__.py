"""The documents of the catalog: their fields, and which service writes each.

videos      accept: scraper (expansion) · state and lease: scraper, retry, api (by the catalog's functions only) ·
            metadata, audio: scraper · retry: retry · mirror: sync · tombstone: api, its end: sync ·
            defects: the service that met one
playlists   accept: api, scraper · everything else: scraper, and retry for `retry` · defects: the service that met one
logs        append-only: scraper; retry for attempts of a scraper that died
breakers    scraper; api for a person's request to resume
ledgers     scraper
parked      retry; api for replay and drop
keys        api
sessions    api
sweeps      the process that reconciles the mirror
sources     api for the definition, watch for one in a file; everything else: watch
looks       watch
subscriptions  watch
endpoints   notify
deliveries  notify
measurements, measured_hours, measured_hours_due  probe
crawls, crawl_tasks  probe; api for creating and stopping a crawl, scraper for the lease of a task

Some stored field names are older than the words used elsewhere: `beside` holds the sidecar files, `further` the other
renditions, `unannounced` the pending event, `desertions` the leases in a row that expired, `turns` the locks.
"""

from __future__ import annotations

from shared.catalog.documents.access import Key, Scope, Session
from shared.catalog.documents.attempts import LogEntry
from shared.catalog.documents.crawl import Crawl, CrawlTask
from shared.catalog.documents.failures import Defects, StoredFailure
from shared.catalog.documents.measurement import MeasuredHour, Measurement
from shared.catalog.documents.notification import Delivery, EndpointKind, PeopleRule, StoredEndpoint, StoredNotice
from shared.catalog.documents.objects import Audio, Copied, Metadata, MirrorCopy, SidecarKind, StoredSidecar
from shared.catalog.documents.operations import BreakerKind, BreakerState, Ledger, LedgerShare, Parked, StoredBreaker
from shared.catalog.documents.ownership import Lease, Submitter
from shared.catalog.documents.playlist import Playlist, PlaylistRetry, PlaylistState
from shared.catalog.documents.source import Look, LookResult, Source
from shared.catalog.documents.subscription import Subscription
from shared.catalog.documents.tombstone import StoredObstacle, Tombstone
from shared.catalog.documents.video import PlaylistFilters, Retry, Video, VideoState

__all__ = [
    "Audio",
    "BreakerKind",
    "BreakerState",
    "Copied",
    "Crawl",
    "CrawlTask",
    "Defects",
    "Delivery",
    "EndpointKind",
    "Key",
    "Lease",
    "Ledger",
    "LedgerShare",
    "LogEntry",
    "Look",
    "LookResult",
    "MeasuredHour",
    "Measurement",
    "Metadata",
    "MirrorCopy",
    "Parked",
    "PeopleRule",
    "Playlist",
    "PlaylistFilters",
    "PlaylistRetry",
    "PlaylistState",
    "Retry",
    "Scope",
    "Session",
    "SidecarKind",
    "Source",
    "StoredBreaker",
    "StoredEndpoint",
    "StoredFailure",
    "StoredNotice",
    "StoredObstacle",
    "StoredSidecar",
    "Submitter",
    "Subscription",
    "Tombstone",
    "Video",
    "VideoState",
]
