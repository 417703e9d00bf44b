"""The sync service's metrics: the state of the mirror."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics.buckets import WAITS

MIRROR_OBJECTS = Counter(
    "fonoteca_sync_objects_total",
    "Objects handled by the mirror, by outcome and target: mirrored, already, off, missing, mismatch, superseded.",
    ["outcome", "target"],
)
MIRRORED_BYTES = Counter("fonoteca_sync_mirrored_bytes_total", "Bytes copied into the mirror.")
MIRROR_LAG_SECONDS = Histogram("fonoteca_sync_lag_seconds", "Time from stored to mirrored.", buckets=WAITS)
MIRROR_PENDING = Gauge(
    "fonoteca_sync_pending_objects", "Stored videos that lack verified copies in a target of the mirror.", ["target"]
)
MIRROR_SWEPT = Counter(
    "fonoteca_sync_swept_total", "Copies repaired by reconciliations of the mirror: missing, stale, orphaned.", ["kind"]
)
MIRROR_LOST = Gauge(
    "fonoteca_sync_lost_objects",
    "Objects that a target of the mirror has and the object store lost, by the last reconciliation.",
    ["target"],
)
MIRROR_PURGED = Counter("fonoteca_sync_purged_total", "Deleted videos removed from the stores, with all versions.")
MIRROR_KEPT = Gauge(
    "fonoteca_sync_kept_videos",
    "Deleted videos that a store still holds, by what keeps them: retention, legal-hold, soft-delete, rights …",
    ["reason"],
)
MIRROR_ON = Gauge("fonoteca_sync_enabled", "1 if the mirror has a target, else 0.")
