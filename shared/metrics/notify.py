"""The notify service's metrics: deliveries of events to endpoints."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from shared.metrics.buckets import WAITS

DELIVERIES = Counter(
    "fonoteca_notify_deliveries_total",
    "Attempts to deliver an event, by outcome: delivered, retried, failed for good, skipped.",
    ["outcome"],
)
DELIVERY_LAG_SECONDS = Histogram(
    "fonoteca_notify_lag_seconds", "Seconds from the publication of an event to its delivery.", buckets=WAITS
)
PAUSED_ENDPOINTS = Gauge("fonoteca_notify_paused_endpoints", "Endpoints that are paused after failures.")
FAILING_ENDPOINTS = Gauge(
    "fonoteca_notify_failing_endpoints", "Endpoints that are paused, or whose last delivery failed for good."
)
