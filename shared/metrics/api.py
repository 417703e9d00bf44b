"""The API's metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

HTTP_REQUESTS = Counter(
    "fonoteca_api_requests_total", "HTTP requests answered, by route and status.", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram("fonoteca_api_request_seconds", "Time to answer a request.", ["method", "route"])
PLAYLISTS_SUBMITTED = Counter(
    "fonoteca_api_playlists_submitted_total", "Playlists submitted, by outcome: accepted, known, refused.", ["outcome"]
)
CONNECTIONS_DROPPED = Counter(
    "fonoteca_api_connections_dropped_total",
    "HTTP connections dropped to protect other clients, by reason: full, slow, unread.",
    ["reason"],
)
for _reason in ("full", "slow", "unread"):
    # Create each series at 0, since most days no connection is dropped.
    CONNECTIONS_DROPPED.labels(_reason)
LISTENERS = Gauge("fonoteca_api_listeners", "Clients that receive live events now.")
EVENTS_READ = Counter("fonoteca_api_events_total", "Messages read from the events stream.")
