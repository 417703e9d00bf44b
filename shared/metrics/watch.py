"""The watch service's metrics: looks at followed sources."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

SOURCES = Gauge("fonoteca_watch_sources", "Followed sources that are looked at.")
LOOKS_REQUESTED = Counter("fonoteca_watch_requested_total", "Looks at followed sources that were requested.")
LOOKS = Counter(
    "fonoteca_watch_looks_total",
    "Looks that ended, by rung (feed, incremental, full), outcome (looked, failed) and reason of the failure.",
    ["rung", "outcome", "reason"],
)
LOOK_REQUESTS = Counter(
    "fonoteca_watch_requests_total", "Requests that looks made to their sources, by rung.", ["rung"]
)
LOOK_ENTRIES = Counter("fonoteca_watch_entries_total", "Entries that looks found: new, filtered, gone.", ["kind"])
PUSHED_LOOKS = Counter(
    "fonoteca_watch_pushed_looks_total", "Looks that a push of a hub caused, by outcome (looked, failed).", ["outcome"]
)
PUSHES = Counter(
    "fonoteca_watch_pushes_total",
    "Pushes of hubs, by outcome: looked (a look is due), ignored (not wanted, or too long), wrong_signature.",
    ["outcome"],
)
SUBSCRIPTIONS = Gauge(
    "fonoteca_watch_subscriptions",
    "Subscriptions at hubs, by state: subscribed, asked (not confirmed yet), refused.",
    ["state"],
)
FAILING_SOURCES = Gauge(
    "fonoteca_watch_failing_sources", "Followed sources of which the last three looks or more failed."
)
SILENT_SOURCES = Gauge(
    "fonoteca_watch_silent_sources", "Followed sources that published nothing for five times their usual gap."
)
LOOKS_OVERDUE_SECONDS = Gauge(
    "fonoteca_watch_overdue_seconds", "Seconds for which the longest overdue look has been due; 0: none is."
)
EXPIRED_RECORDINGS = Counter(
    "fonoteca_watch_expired_total", "Recordings that were deleted because their sources keep them no longer."
)
