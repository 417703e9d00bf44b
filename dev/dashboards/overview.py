"""The overview: is the promise kept, how much is stored, and where does work get stuck?"""

from __future__ import annotations

from dev.dashboards.panels import WINDOW, Graph, Number, Row, dashboard_json


def quantile(share: float, histogram: str, by: str = "") -> str:
    """Return the query for the value that a `share` of the observations did not exceed, by a label if one is given."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket[{WINDOW}])))"


def per_minute(counter: str, by: str) -> str:
    """Return the query for events per minute, by labels."""
    return f"60 * sum by ({by}) (rate({counter}[{WINDOW}]))"


PROMISE = Row(
    "Is the promise kept?",
    [
        Number(
            "Overdue",
            "For how long the most overdue item has been so. Bad: more than a few minutes; the sweeper should have "
            "published it again.",
            "max(fonoteca_retry_overdue_seconds)",
            "s",
            900,
        ),
        Number(
            "Parked messages",
            "Messages that no code could process. Bad: any; a person should look (fonoteca parked list).",
            "sum(max by (queue) (fonoteca_retry_parked_messages))",
            bad_from=1,
        ),
        Number(
            "Violations of the last audit",
            "What fonoteca audit found and did not repair. Bad: any. Empty: no audit was made yet.",
            "max(fonoteca_retry_audit_violations)",
            bad_from=1,
        ),
        Number(
            "Age of the last audit",
            "Bad: more than 8 days; then nobody notices damaged objects.",
            "time() - max(fonoteca_retry_audit_timestamp_seconds)",
            "s",
            8 * 86_400,
        ),
    ],
)
AMOUNT = Row(
    "How much is there?",
    [
        Graph(
            "Videos by state",
            "Every accepted video is in exactly one state. Bad: waiting and abandoned grow faster than stored.",
            {"{{state}}": "max by (state) (fonoteca_retry_videos)"},
            stacked=True,
        ),
        Graph(
            "Hours of audio stored per hour",
            "Bad: zero although videos are queued.",
            {"hours": f"sum(rate(fonoteca_scraper_stored_audio_seconds_total[{WINDOW}]))"},
        ),
        Graph(
            "Bytes per second",
            "Downloaded from sources, stored, mirrored. Bad: stored stays behind downloaded for long.",
            {
                "downloaded": f"sum(rate(fonoteca_scraper_downloaded_bytes_total[{WINDOW}]))",
                "stored": f"sum(rate(fonoteca_scraper_stored_bytes_total[{WINDOW}]))",
                "mirrored": f"sum(rate(fonoteca_sync_mirrored_bytes_total[{WINDOW}]))",
            },
            "Bps",
        ),
    ],
)
FLOW = Row(
    "Where is the time spent?",
    [
        Graph(
            "Attempts per minute",
            "By outcome. Bad: failed above stored; many released (shutdowns, lost leases).",
            {"{{outcome}}": per_minute("fonoteca_scraper_attempts_total", "outcome")},
            stacked=True,
        ),
        Graph(
            "Seconds by stage, median",
            "Of one video: download, encode, verify, store. Bad: store grows (a slow object store), encode grows (too "
            "few cores).",
            {"{{stage}}": quantile(0.5, "fonoteca_scraper_stage_seconds", "stage")},
            "s",
        ),
        Graph(
            "Slots in use",
            "Busy download and encode slots of all scrapers, and how many there are. Bad: encode slots always full "
            "while download slots are idle.",
            {
                "{{kind}} busy": "sum by (kind) (fonoteca_scraper_slots_busy)",
                "{{kind}} there": "sum by (kind) (fonoteca_scraper_slots)",
            },
        ),
    ],
)
QUEUES = Row(
    "Do the queues move?",
    [
        Graph(
            "Messages ready",
            "Waiting in each queue of work. Bad: any but scraper.videos and scraper.urgent grows.",
            {"{{queue}}": "max by (queue) (fonoteca_retry_queue_messages)"},
        ),
        Graph(
            "Age when taken, 90 % below",
            "Delays that were wanted are part of it. Bad: retry.failures or sync.stored above minutes.",
            {"{{queue}}": quantile(0.9, "fonoteca_queue_age_seconds", "queue")},
            "s",
        ),
        Graph(
            "Messages taken per minute",
            "By what became of them. Bad: parked at all; returned again and again.",
            {"{{queue}} {{outcome}}": per_minute("fonoteca_messages_received_total", "queue, outcome")},
        ),
        Graph(
            "Publishes without a confirm, per minute",
            "Bad: any for longer than a restart of the broker takes.",
            {
                "{{type}}": "60 * sum by (type) "
                f'(rate(fonoteca_messages_published_total{{outcome!="confirmed"}}[{WINDOW}])) or vector(0)'
            },
        ),
    ],
)
RETRIES = Row(
    "What fails, and when is it tried again?",
    [
        Graph(
            "Failed attempts per minute, by reason",
            "Bad: reasons of class tool or unknown; one reason that fits all.",
            {
                "{{failure_class}}: {{reason}}": "60 * sum by (failure_class, reason) "
                f'(rate(fonoteca_scraper_attempts_total{{outcome="failed"}}[{WINDOW}]))'
            },
            stacked=True,
        ),
        Graph(
            "Decisions per minute",
            "retry: charged; wait: not charged; recheck: rarely looked at; abandon: given up. Bad: abandon grows.",
            {"{{decision}}": per_minute("fonoteca_retry_decisions_total", "decision")},
            stacked=True,
        ),
        Graph(
            "Lateness of retries, 99 % below",
            "From the moment a video was due to its next attempt. Bad: minutes, while nothing is queued.",
            {"p99": quantile(0.99, "fonoteca_scraper_retry_lateness_seconds")},
            "s",
        ),
        Graph(
            "Published again by the sweeper, per minute",
            "What should have moved on by itself. Bad: steadily more than none; somebody loses messages.",
            {"{{kind}}": per_minute("fonoteca_retry_swept_total", "kind")},
        ),
    ],
)
EGRESS = Row(
    "Does the source still talk to us?",
    [
        Graph(
            "Breakers",
            "0 takes work, 1 tries one video at a time, 2 rests. Bad: youtube at 2 often; storage at 2 at all.",
            {"{{kind}} {{source}} {{instance}}": "max by (kind, source, instance) (fonoteca_scraper_breaker_state)"},
        ),
        Graph(
            "Openings per hour",
            "Bad: more than one an hour; then ask for less (SCRAPER_DOWNLOAD_INTERVAL_SECONDS).",
            {
                "{{kind}} {{source}}: {{reason}}": "sum by (kind, source, reason) "
                "(increase(fonoteca_scraper_breaker_opened_total[1h]))"
            },
        ),
        Graph(
            "Requests per hour",
            "Pages and calls, media not counted. Bad: at SCRAPER_REQUESTS_PER_HOUR all the time; another egress helps.",
            {
                "{{instance}}": "sum by (instance) (increase(fonoteca_scraper_source_requests_total[1h]))",
                "left of {{kind}}": "min by (kind) (fonoteca_scraper_budget_left_requests)",
                "witnesses: {{outcome}}": "sum by (outcome) (increase(fonoteca_scraper_witnesses_total[1h]))",
            },
        ),
        Number(
            "Age of yt-dlp",
            "Since its release. Bad: above two months; sources change every few weeks.",
            "time() - min(fonoteca_scraper_tool_released_timestamp_seconds)",
            "s",
            60 * 86_400,
        ),
    ],
)
MIRROR = Row(
    "Is everything mirrored?",
    [
        Number(
            "Waiting for their copy",
            "Stored objects without a verified copy in Azure. Bad: grows for hours.",
            "max(fonoteca_sync_pending_objects)",
        ),
        Graph(
            "Objects per minute, by outcome",
            "Bad: mismatch at all; missing at all.",
            {"{{outcome}}": per_minute("fonoteca_sync_objects_total", "outcome")},
        ),
        Graph(
            "Copies repaired by sweeps, and objects that only the mirror has",
            "Bad: lost at all (fonoteca audit --repair brings them back); repaired ones again and again.",
            {
                "{{kind}}": "sum by (kind) (fonoteca_sync_swept_total)",
                "lost": "max(fonoteca_sync_lost_objects)",
            },
        ),
        Graph(
            "From stored to mirrored, 90 % below",
            "Bad: above minutes, unless a backlog is being copied.",
            {"p90": quantile(0.9, "fonoteca_sync_lag_seconds")},
            "s",
        ),
    ],
)
RESOURCES = Row(
    "Do the services have what they need?",
    [
        Graph(
            "Memory",
            "Of the services themselves, without their workers. Bad: grows without end.",
            {"{{job}} {{instance}}": 'process_resident_memory_bytes{job=~".*(scraper|retry|sync|api).*"}'},
            "bytes",
        ),
        Graph(
            "Room in the work folders",
            "Bad: below 2 GB; below SCRAPER_FREE_MEGABYTES a scraper takes no videos.",
            {"{{instance}}": "fonoteca_scraper_work_folder_free_bytes"},
            "bytes",
        ),
        Graph(
            "Answers of the API per second, by status",
            "Bad: 5xx.",
            {"{{status}}": f"sum by (status) (rate(fonoteca_api_requests_total[{WINDOW}]))"},
            "reqps",
            stacked=True,
        ),
        Graph(
            "Who watches",
            "Clients that listen to events, and messages read from the stream of events per minute, by all replicas of "
            "the API. Bad: clients come and go at once; no messages although attempts end.",
            {
                "clients": "sum(fonoteca_api_listeners)",
                "messages per minute": f"60 * sum(rate(fonoteca_api_events_total[{WINDOW}]))",
            },
        ),
        Graph(
            "Connections that the API closed, per minute",
            "Because they sent no whole request in time (slow), read no answer (unread), or all were taken (full). "
            "Bad: full; somebody opens connections for nothing, or API_CONNECTIONS is too small.",
            {"{{reason}}": f"60 * sum by (reason) (rate(fonoteca_api_connections_dropped_total[{WINDOW}]))"},
        ),
        Graph(
            "Time of a sweep, 90 % below",
            "Bad: near RETRY_SWEEP_SECONDS; the database misses an index or is slow.",
            {"p90": quantile(0.9, "fonoteca_retry_sweep_seconds")},
            "s",
        ),
    ],
)
ROWS = (PROMISE, AMOUNT, FLOW, QUEUES, RETRIES, EGRESS, MIRROR, RESOURCES)


def overview() -> str:
    """The dashboard's JSON."""
    return dashboard_json(
        "fonoteca-overview",
        "Fonoteca",
        "Is the promise kept, how much is there, and where does it get stuck? Rows are in the order of the questions.",
        ROWS,
    )
