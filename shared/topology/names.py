"""The names of our exchanges and queues."""

from __future__ import annotations

#: The public interface: submissions of playlists. No other queue of ours may be bound to it: brokers before 4.0.3 check
#: the routing key of a message against a user's rights, but not the keys in its headers CC and BCC.
WORK_EXCHANGE = "fonoteca.work"
#: Requests of services to scrapers. `fonoteca.work` receives a copy, for its listeners.
REQUESTS_EXCHANGE = "fonoteca.requests"
#: Events: facts that have happened.
EVENTS_EXCHANGE = "fonoteca.events"
#: Parked messages, routed by the name of the queue they came from.
PARKING_EXCHANGE = "fonoteca.parking"
#: The exchange through which messages leave the delay tree.
DELAY_DELIVER_EXCHANGE = "delay.deliver"

PLAYLISTS_QUEUE = "scraper.playlists"
VIDEOS_QUEUE = "scraper.videos"
#: Videos of playlists with high priority. Scrapers consume both queues, so these videos need not wait for the others.
URGENT_QUEUE = "scraper.urgent"
FAILURES_QUEUE = "retry.failures"
STORED_QUEUE = "sync.stored"
#: Looks at followed sources, and what they found.
CHECKS_QUEUE = "scraper.checks"
CHECKED_QUEUE = "watch.checked"
#: Events of which endpoints are told, and what is due to each endpoint.
NOTIFY_EVENTS_QUEUE = "notify.events"
DELIVERIES_QUEUE = "notify.deliveries"
#: Tasks of crawls, and what came of them.
PROBES_QUEUE = "scraper.probes"
PROBED_QUEUE = "probe.answers"
#: How downloads went.
MEASUREMENTS_QUEUE = "probe.measurements"
#: Recent events, for the API's listeners: a stream, which each reader reads from its own position.
EVENTS_STREAM = "api.events"


def parking_of(queue: str) -> str:
    """Return the name of a work queue's parking queue."""
    return f"parking.{queue}"
