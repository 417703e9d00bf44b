"""The retry service's metrics, those of the sweeper and of the last audit included."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics.buckets import LONG, WAITS

RETRY_DECISIONS = Counter(
    "fonoteca_retry_decisions_total",
    "Failures decided on, by decision: retry, wait, abandon, stale.",
    ["subject", "decision", "failure_class", "reason"],
)
RETRY_DELAY_SECONDS = Histogram("fonoteca_retry_delay_seconds", "Delays that were decided.", buckets=WAITS)

SWEEPS = Counter("fonoteca_retry_sweeps_total", "Sweeps made, by outcome: done, interrupted, failed.", ["outcome"])
SWEPT = Counter(
    "fonoteca_retry_swept_total",
    "What the sweeper published again: due, deserted, unannounced, undecided, unrequested, unheard, playlist.",
    ["kind"],
)
SWEEP_SECONDS = Histogram("fonoteca_retry_sweep_seconds", "Time a sweep took.", buckets=LONG)
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
