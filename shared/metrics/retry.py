"""The retry service's metrics, those of the sweeper and of the last audit included."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics.buckets import LONG, WAITS

RETRY_DECISIONS = Counter(
    "fonoteca_retry_decisions_total",
    "Failures decided on, by decision: retry, wait, abandon, stale.",
    ["subject", "decision", "failure_class", "reason"],
)
RETRY_DELAY_SECONDS = Histogram("fonoteca_retry_delay_seconds", "Delays before retries.", buckets=WAITS)

SWEEPS = Counter("fonoteca_retry_sweeps_total", "Sweeps, by outcome: done, interrupted, failed.", ["outcome"])
SWEPT = Counter(
    "fonoteca_retry_swept_total",
    "Messages republished by the sweeper: due, deserted, unannounced, undecided, unrequested, unheard, playlist.",
    ["kind"],
)
SWEEP_SECONDS = Histogram("fonoteca_retry_sweep_seconds", "Duration of a sweep.", buckets=LONG)
CATALOG_VIDEOS = Gauge("fonoteca_retry_videos", "Videos in the catalog by state, as of the last sweep.", ["state"])
OVERDUE_SECONDS = Gauge(
    "fonoteca_retry_overdue_seconds",
    "Age of the most overdue item at the last sweep: due (waiting videos), deserted (expired leases), "
    "unannounced (events not published), playlist. 0: nothing is overdue.",
    ["kind"],
)
QUEUE_MESSAGES = Gauge("fonoteca_retry_queue_messages", "Messages ready in a work queue at the last sweep.", ["queue"])
AUDIT_VIOLATIONS = Gauge(
    "fonoteca_retry_audit_violations", "Violations that the last audit found and did not repair; NaN before the first."
)
AUDIT_AT = Gauge("fonoteca_retry_audit_timestamp_seconds", "Time of the last audit (Unix time); NaN before the first.")
PARKED_MESSAGES = Gauge("fonoteca_retry_parked_messages", "Parked messages that need a person's decision.", ["queue"])

DEFECTIVE = Gauge(
    "fonoteca_retry_defective_items",
    "Videos and playlists paused or abandoned because of defects of our own code, as of the last sweep.",
    ["subject"],
)
