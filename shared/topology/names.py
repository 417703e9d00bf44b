"""The names of our exchanges and queues."""

from __future__ import annotations

#: Submissions of playlists, the public interface: no other queue of ours may be bound to it. Brokers before 4.0.3 check
#: the routing key of a message against a user's rights, but not the keys in its headers CC and BCC.
WORK_EXCHANGE = "fonoteca.work"
#: What services ask of scrapers. Whoever listens on `fonoteca.work` hears it there too.
REQUESTS_EXCHANGE = "fonoteca.requests"
#: Facts: what has happened.
EVENTS_EXCHANGE = "fonoteca.events"
#: Messages set aside, routed by the name of the queue they came from.
PARKING_EXCHANGE = "fonoteca.parking"
#: Where a message leaves the delay tree.
DELAY_DELIVER_EXCHANGE = "delay.deliver"

PLAYLISTS_QUEUE = "scraper.playlists"
VIDEOS_QUEUE = "scraper.videos"
#: Videos of playlists with a high priority: scrapers take from both, so these do not wait for the end of the other.
URGENT_QUEUE = "scraper.urgent"
FAILURES_QUEUE = "retry.failures"
STORED_QUEUE = "sync.stored"
#: Looks at followed sources, and what they found.
CHECKS_QUEUE = "scraper.checks"
CHECKED_QUEUE = "watch.checked"
#: What has happened lately, for whoever watches: a stream, which each reader reads from where it likes.
EVENTS_STREAM = "api.events"


def parking_of(queue: str) -> str:
    """The parking queue of a work queue."""
    return f"parking.{queue}"
