"""The overview: is the promise kept, how much is stored, and where does work get stuck?"""

from __future__ import annotations

from dev.dashboards.notify import NOTIFY
from dev.dashboards.panels import WINDOW, Graph, Number, Row, dashboard_json, per_minute
from dev.dashboards.probe import PROBE
from dev.dashboards.watch import WATCH
from shared.topology.services import SERVICES


def quantile(share: float, histogram: str, by: str = "") -> str:
    """Return the query for the value that a `share` of the observations did not exceed, by a label if one is given."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket[{WINDOW}])))"


PROMISE = Row(
    "Is the promise kept?",
    [
        Number(
            "Overdue",
            "How late the most overdue item is. Bad: more than a few minutes; the sweeper should have published it "
            "again.",
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
            "Violations that fonoteca audit found and did not repair. Bad: any. Empty: no audit has run yet.",
            "max(fonoteca_retry_audit_violations)",
            bad_from=1,
        ),
        Number(
            "Age of the last audit",
            "Bad: more than 8 days, because damaged objects go unnoticed.",
            "time() - max(fonoteca_retry_audit_timestamp_seconds)",
            "s",
            8 * 86_400,
        ),
    ],
)
AMOUNT = Row(
    "How much is stored?",
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
            "Downloaded from sources, stored, mirrored. Bad: stored is lower than downloaded for long.",
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
            "Busy download and encode slots of all scrapers, and their total. Bad: encode slots always full while "
            "download slots are idle.",
            {
                "{{kind}} busy": "sum by (kind) (fonoteca_scraper_slots_busy)",
                "{{kind}} total": "sum by (kind) (fonoteca_scraper_slots)",
            },
        ),
    ],
)
QUEUES = Row(
    "Do the queues move?",
    [
        Graph(
            "Messages ready",
            "Messages in each work queue. Bad: a queue other than scraper.videos and scraper.urgent grows.",
            {"{{queue}}": "max by (queue) (fonoteca_retry_queue_messages)"},
        ),
        Graph(
            "Age when consumed, 90th percentile",
            "Includes intended delays. Bad: retry.failures or sync.stored above minutes.",
            {"{{queue}}": quantile(0.9, "fonoteca_queue_age_seconds", "queue")},
            "s",
        ),
        Graph(
            "Messages consumed per minute",
            "By outcome. Bad: any parked; many returned.",
            {"{{queue}} {{outcome}}": per_minute("fonoteca_messages_received_total", "queue, outcome")},
        ),
        Graph(
            "Publishes without a confirm, per minute",
            "Bad: any, for longer than a restart of the broker takes.",
            {
                "{{type}}": "60 * sum by (type) "
                f'(rate(fonoteca_messages_published_total{{outcome!="confirmed"}}[{WINDOW}])) or vector(0)'
            },
        ),
    ],
)
RETRIES = Row(
    "What fails, and when is it retried?",
    [
        Graph(
            "Failed attempts per minute, by reason",
            "Bad: reasons of class tool or unknown; the same reason for all.",
            {
                "{{failure_class}}: {{reason}}": "60 * sum by (failure_class, reason) "
                f'(rate(fonoteca_scraper_attempts_total{{outcome="failed"}}[{WINDOW}]))'
            },
            stacked=True,
        ),
        Graph(
            "Decisions per minute",
            "retry: charged; wait: not charged; recheck: again after days; abandon: the end. Bad: abandon grows.",
            {"{{decision}}": per_minute("fonoteca_retry_decisions_total", "decision")},
            stacked=True,
        ),
        Graph(
            "Lateness of retries, 99th percentile",
            "From the due time of a video to its next attempt. Bad: minutes, while nothing is queued.",
            {"p99": quantile(0.99, "fonoteca_scraper_retry_lateness_seconds")},
            "s",
        ),
        Graph(
            "Published again by the sweeper, per minute",
            "Items that should have moved on by themselves. Bad: constantly above 0, because messages are being lost.",
            {"{{kind}}": per_minute("fonoteca_retry_swept_total", "kind")},
        ),
    ],
)
EGRESS = Row(
    "Does the source still serve us?",
    [
        Graph(
            "Breakers",
            "0: takes work, 1: tries one video at a time, 2: rests. Bad: youtube often at 2; storage ever at 2.",
            {"{{kind}} {{source}} {{instance}}": "max by (kind, source, instance) (fonoteca_scraper_breaker_state)"},
        ),
        Graph(
            "Openings per hour",
            "Bad: more than one an hour; then send fewer requests (SCRAPER_DOWNLOAD_INTERVAL_SECONDS).",
            {
                "{{kind}} {{source}}: {{reason}}": "sum by (kind, source, reason) "
                "(increase(fonoteca_scraper_breaker_opened_total[1h]))"
            },
        ),
        Graph(
            "Requests per hour",
            "Pages and calls, without media. Bad: constantly at SCRAPER_REQUESTS_PER_HOUR; another egress helps.",
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
            "Objects not mirrored yet",
            "Stored objects without a verified copy in Azure. Bad: grows for hours.",
            "max(fonoteca_sync_pending_objects)",
        ),
        Graph(
            "Objects per minute, by outcome",
            "Bad: any mismatch; any missing.",
            {"{{outcome}}": per_minute("fonoteca_sync_objects_total", "outcome")},
        ),
        Graph(
            "Copies repaired by sweeps, and objects that only the mirror has",
            "Bad: any lost (fonoteca audit --repair restores them); repeated repairs.",
            {
                "{{kind}}": "sum by (kind) (fonoteca_sync_swept_total)",
                "lost": "max(fonoteca_sync_lost_objects)",
            },
        ),
        Graph(
            "From stored to mirrored, 90th percentile",
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
            "Of the services, without their workers. Bad: grows without end.",
            {"{{job}} {{instance}}": f'process_resident_memory_bytes{{job=~".*({"|".join(SERVICES)}).*"}}'},
            "bytes",
        ),
        Graph(
            "Free space in the work folders",
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
            "Listening clients",
            "Clients that listen to events, and messages read from the event stream per minute, in all replicas of the "
            "API. Bad: clients that disconnect at once; no messages although attempts end.",
            {
                "clients": "sum(fonoteca_api_listeners)",
                "messages per minute": f"60 * sum(rate(fonoteca_api_events_total[{WINDOW}]))",
            },
        ),
        Graph(
            "Connections that the API closed, per minute",
            "Because they sent no complete request in time (slow), did not read the answer (unread), or all were in "
            "use (full). Bad: full; a client opens useless connections, or API_CONNECTIONS is too small.",
            {"{{reason}}": f"60 * sum by (reason) (rate(fonoteca_api_connections_dropped_total[{WINDOW}]))"},
        ),
        Graph(
            "Duration of a sweep, 90th percentile",
            "Bad: near RETRY_SWEEP_SECONDS; the database lacks an index or is slow.",
            {"p90": quantile(0.9, "fonoteca_retry_sweep_seconds")},
            "s",
        ),
    ],
)
ROWS = (PROMISE, AMOUNT, FLOW, QUEUES, RETRIES, EGRESS, WATCH, NOTIFY, PROBE, MIRROR, RESOURCES)


def overview() -> str:
    """Return the dashboard's JSON."""
    return dashboard_json(
        "fonoteca-overview",
        "Fonoteca",
        "Is the promise kept, how much is stored, and where does work get stuck? Each row answers one question.",
        ROWS,
    )
