"""The scraper's metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics.buckets import LONG, WAITS

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
    buckets=LONG,
)
SLOTS_BUSY = Gauge("fonoteca_scraper_slots_busy", "Download and encode slots in use.", ["kind"])
SLOTS_TOTAL = Gauge("fonoteca_scraper_slots", "Download and encode slots available in total.", ["kind"])
BREAKER_STATE = Gauge(
    "fonoteca_scraper_breaker_state",
    "0 closed: taking work; 1 half-open: trying one video at a time; 2 open: resting. "
    "Of the kind egress for each source: youtube, and other, the most of any other one.",
    ["kind", "source"],
)
BREAKER_OPENED = Counter(
    "fonoteca_scraper_breaker_opened_total", "Openings of a breaker, by reason.", ["kind", "source", "reason"]
)
RETRY_LATENESS_SECONDS = Histogram(
    "fonoteca_scraper_retry_lateness_seconds",
    "Time from the moment a waiting video was due to the beginning of its next attempt.",
    buckets=WAITS,
)
WORK_FOLDER_FREE_BYTES = Gauge("fonoteca_scraper_work_folder_free_bytes", "Free space on the work folder's disk.")
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
SOURCE_REQUESTS = Counter("fonoteca_scraper_source_requests_total", "Page and API requests to sources, without media.")
DOWNLOADED_BYTES = Counter("fonoteca_scraper_downloaded_bytes_total", "Bytes of media downloaded from sources.")
REQUEST_LAG_SECONDS = Histogram(
    "fonoteca_scraper_request_lag_seconds",
    "Seconds from the publication of a new entry of a followed source to its request.",
    buckets=WAITS,
)
STORED_LAG_SECONDS = Histogram(
    "fonoteca_scraper_stored_lag_seconds",
    "Seconds from the publication of a new entry of a followed source to its storing.",
    buckets=WAITS,
)
STORED_BYTES = Counter("fonoteca_scraper_stored_bytes_total", "Bytes of audio written to the object store.")
STORED_SECONDS = Counter("fonoteca_scraper_stored_audio_seconds_total", "Playing time of the audio stored.")
