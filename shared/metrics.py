"""Every metric of every service, with its help text and labels. No ids in labels: their number must stay small."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, Info, Metric
from prometheus_client.registry import Collector

#: Seconds; from a quick handler to a long recording.
_LONG = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)
#: Seconds; waiting in queues and delays, up to days.
_WAITS = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600)

#: A metric named after a service is that service's alone; the others, which import this file too, do not show it.
SERVICES = ("scraper", "retry", "sync", "api")

BUILD = Info("fonoteca_build", "Version of Fonoteca and of the tools it stands on.")

CHECK_FAILING = Gauge(
    "fonoteca_check_failing",
    "1 while a check of /readyz finds something wrong: catalog, broker, events, store, mirror, tools, or a queue's "
    "consumer.",
    ["check"],
)
MESSAGES_RECEIVED = Counter(
    "fonoteca_messages_received_total",
    "Messages taken from a queue, by what became of them: acked, parked, delayed or returned.",
    ["queue", "outcome"],
)
MESSAGES_PUBLISHED = Counter(
    "fonoteca_messages_published_total", "Messages published, by whether the broker confirmed.", ["type", "outcome"]
)
MESSAGE_HANDLING_SECONDS = Histogram(
    "fonoteca_message_handling_seconds", "Time from taking a message to settling it.", ["queue"], buckets=_LONG
)
QUEUE_AGE_SECONDS = Histogram(
    "fonoteca_queue_age_seconds",
    "Age of a message when it was taken from its queue, delays included.",
    ["queue"],
    buckets=_WAITS,
)
MESSAGES_IN_PROGRESS = Gauge("fonoteca_messages_in_progress", "Messages being handled now.", ["queue"])

DEFECTS = Counter(
    "fonoteca_defects_total",
    "Defects of our own code, by what they were met over (video, playlist, message, request) and the file.",
    ["subject", "file"],
)

PLAYLISTS_EXPANDED = Counter(
    "fonoteca_scraper_playlists_total",
    "Playlists listed, by outcome: expanded, refused, failed.",
    ["outcome", "reason"],
)
PLAYLIST_ENTRIES = Counter(
    "fonoteca_scraper_playlist_entries_total",
    "Entries seen in listings: new to the archive, or known already.",
    ["outcome"],
)
ATTEMPTS = Counter(
    "fonoteca_scraper_attempts_total",
    "Attempts to fetch a video, by outcome (stored, failed, released, duplicate) and reason.",
    ["outcome", "failure_class", "reason"],
)
STAGE_SECONDS = Histogram(
    "fonoteca_scraper_stage_seconds",
    "Time a video spends in a stage: download, encode, verify, store.",
    ["stage"],
    buckets=_LONG,
)
SLOTS_BUSY = Gauge("fonoteca_scraper_slots_busy", "Download and encode slots in use.", ["kind"])
SLOTS_TOTAL = Gauge("fonoteca_scraper_slots", "Download and encode slots there are.", ["kind"])
BREAKER_STATE = Gauge(
    "fonoteca_scraper_breaker_state",
    "0 closed: taking work; 1 half-open: trying one video at a time; 2 open: resting. "
    "Of the kind egress for each source: youtube, and other, the most of any other one.",
    ["kind", "source"],
)
BREAKER_OPENED = Counter(
    "fonoteca_scraper_breaker_opened_total", "How often a breaker opened, by reason.", ["kind", "source", "reason"]
)
RETRY_LATENESS_SECONDS = Histogram(
    "fonoteca_scraper_retry_lateness_seconds",
    "Time from the moment a waiting video was due to the beginning of its next attempt.",
    buckets=_WAITS,
)
WORK_FOLDER_FREE_BYTES = Gauge("fonoteca_scraper_work_folder_free_bytes", "Room left on the work folder's disk.")
TOOL_RELEASED = Gauge(
    "fonoteca_scraper_tool_released_timestamp_seconds",
    "Day on which the installed version of a tool was released (Unix time): yt-dlp.",
    ["tool"],
)
WITNESSES = Counter(
    "fonoteca_scraper_witnesses_total",
    "Stored videos asked for once more to tell a refusal of this egress from one of a single video, by answer: "
    "served, refused, none (there was nothing to ask for).",
    ["outcome"],
)
BUDGET_LEFT = Gauge(
    "fonoteca_scraper_budget_left_requests",
    "Requests that all scrapers of this egress may still ask of a source this hour, as of the last reservation.",
    ["kind"],
)
SOURCE_REQUESTS = Counter(
    "fonoteca_scraper_source_requests_total", "Pages and calls asked of sources, media not counted."
)
DOWNLOADED_BYTES = Counter("fonoteca_scraper_downloaded_bytes_total", "Bytes of media downloaded from sources.")
STORED_BYTES = Counter("fonoteca_scraper_stored_bytes_total", "Bytes of audio put into the object store.")
STORED_SECONDS = Counter("fonoteca_scraper_stored_audio_seconds_total", "Playing time of the audio stored.")

RETRY_DECISIONS = Counter(
    "fonoteca_retry_decisions_total",
    "Failures decided on, by decision: retry, wait, abandon, stale.",
    ["subject", "decision", "failure_class", "reason"],
)
RETRY_DELAY_SECONDS = Histogram("fonoteca_retry_delay_seconds", "Delays that were decided.", buckets=_WAITS)

SWEEPS = Counter("fonoteca_retry_sweeps_total", "Sweeps made, by outcome: done, interrupted, failed.", ["outcome"])
SWEPT = Counter(
    "fonoteca_retry_swept_total",
    "What the sweeper published again: due, deserted, unannounced, undecided, unrequested, unheard, playlist.",
    ["kind"],
)
SWEEP_SECONDS = Histogram("fonoteca_retry_sweep_seconds", "Time a sweep took.", buckets=_LONG)
CATALOG_VIDEOS = Gauge("fonoteca_retry_videos", "Videos in the catalog by state, as of the last sweep.", ["state"])
OVERDUE_SECONDS = Gauge(
    "fonoteca_retry_overdue_seconds",
    "For how long the most overdue item has been so, as of the last sweep: due (waiting videos), deserted (leases), "
    "unannounced (ended attempts), playlist. 0: nothing is.",
    ["kind"],
)
QUEUE_MESSAGES = Gauge("fonoteca_retry_queue_messages", "Messages ready in a work queue at the last sweep.", ["queue"])
AUDIT_VIOLATIONS = Gauge(
    "fonoteca_retry_audit_violations", "Violations that the last audit found and did not repair; NaN before the first."
)
AUDIT_AT = Gauge(
    "fonoteca_retry_audit_timestamp_seconds", "When the last audit was made (Unix time); NaN before the first."
)
PARKED_MESSAGES = Gauge("fonoteca_retry_parked_messages", "Parked messages that wait for a person.", ["queue"])

DEFECTIVE = Gauge(
    "fonoteca_retry_defective_items",
    "Videos and playlists that rest or were given up because our own code failed over them, as of the last sweep.",
    ["subject"],
)

MIRROR_OBJECTS = Counter(
    "fonoteca_sync_objects_total",
    "Audio objects handled by the mirror, by outcome: mirrored, already, off, missing, mismatch, superseded.",
    ["outcome"],
)
MIRRORED_BYTES = Counter("fonoteca_sync_mirrored_bytes_total", "Bytes copied into the mirror.")
MIRROR_LAG_SECONDS = Histogram("fonoteca_sync_lag_seconds", "Time from stored to mirrored.", buckets=_WAITS)
MIRROR_PENDING = Gauge("fonoteca_sync_pending_objects", "Stored audio objects that have no verified copy yet.")
MIRROR_SWEPT = Counter(
    "fonoteca_sync_swept_total", "Copies repaired by reconciliations of the mirror: missing, stale, orphaned.", ["kind"]
)
MIRROR_LOST = Gauge(
    "fonoteca_sync_lost_objects",
    "Objects that the mirror has and the object store lost, by the last reconciliation.",
)
MIRROR_PURGED = Counter("fonoteca_sync_purged_total", "Deleted videos removed from the stores, with all versions.")
MIRROR_KEPT = Gauge(
    "fonoteca_sync_kept_videos",
    "Deleted videos that a store still holds, by what keeps them: retention, legal-hold, soft-delete, rights …",
    ["reason"],
)
MIRROR_ON = Gauge("fonoteca_sync_enabled", "1 if Azure settings are there, else 0.")

HTTP_REQUESTS = Counter(
    "fonoteca_api_requests_total", "HTTP requests answered, by route and status.", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram("fonoteca_api_request_seconds", "Time to answer a request.", ["method", "route"])
PLAYLISTS_SUBMITTED = Counter(
    "fonoteca_api_playlists_submitted_total", "Playlists submitted, by outcome: accepted, known, refused.", ["outcome"]
)
CONNECTIONS_DROPPED = Counter(
    "fonoteca_api_connections_dropped_total",
    "HTTP connections that were closed because they kept others out, by reason: full, slow, unread.",
    ["reason"],
)
for _reason in ("full", "slow", "unread"):
    # Nought is a figure too: most days nothing is dropped.
    CONNECTIONS_DROPPED.labels(_reason)
LISTENERS = Gauge("fonoteca_api_listeners", "Clients that listen to events now.")
EVENTS_READ = Counter("fonoteca_api_events_total", "Messages read from the stream of events.")


class MetricsOf(Collector):
    """The metrics that one service shows: without zeros where only another service could count."""

    def __init__(self, service: str) -> None:
        self._others = tuple(f"fonoteca_{name}_" for name in SERVICES if name != service)

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks for."""
        return (family for family in REGISTRY.collect() if not family.name.startswith(self._others))
