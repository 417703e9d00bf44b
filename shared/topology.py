"""Exchanges, queues, bindings, delay levels, parking: data only. `messaging.declare` makes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
#: What has happened lately, for whoever watches: a stream, which each reader reads from where it likes.
EVENTS_STREAM = "api.events"

#: Deliveries of one message before the broker parks it: the fuse for messages that crash their worker. Every lost
#: connection and every stop in the middle of a long video counts too, so it must not be small.
DELIVERY_LIMIT = 20
#: Deliveries of a parked message: as many as it takes. Said in full, since RabbitMQ 4 has a limit of 20 where none is
#: declared, and what goes beyond it in a queue without a dead-letter exchange is lost; -1 is refused before RabbitMQ 4.
NO_DELIVERY_LIMIT = 2**31 - 1
#: The delay tree's highest level: 2^17 - 1 s = 36.4 h is the longest delay of one pass.
DELAY_TOP_LEVEL = 16
MAX_DELAY_SECONDS: int = 2 ** (DELAY_TOP_LEVEL + 1) - 1
#: How long the stream of events reaches back at least, and how large it may become; it is cut by segments.
EVENTS_STREAM_AGE = "24h"
EVENTS_STREAM_BYTES = 200 * 10**6
EVENTS_SEGMENT_BYTES = 20 * 10**6
#: Messages a delay level holds before it refuses more; at 1.3 kB each the broker needs about 1.3 GB for them.
DELAY_LEVEL_LENGTH = 1_000_000


@dataclass(frozen=True)
class Binding:
    """Messages of `source` whose key matches `key` go to the binding's owner."""

    source: str
    key: str


@dataclass(frozen=True)
class Exchange:
    """A durable topic exchange, with bindings from other exchanges."""

    name: str
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True)
class Queue:
    """A durable queue, a quorum queue but for the stream, its arguments and its bindings."""

    name: str
    bindings: tuple[Binding, ...]
    arguments: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """Who publishes messages of a type, and where. `required`: some queue must take them, else the publish fails.

    The events stream takes every event; so an event fails only where that stream is missing too, and what a service
    does not hear of is found in the catalog by the sweeper.
    `senders` are the roles of services, `open` says that anybody may send it too. This is the one truth of who may send
    what: the broker's permissions and the consumers' checks follow from it.
    """

    exchange: str
    required: bool
    senders: tuple[str, ...]
    open: bool = False


#: Type of message → its route. Nobody need listen to the last two; the catalog has what they tell.
ROUTES: dict[str, Route] = {
    "playlist.submitted.v1": Route(WORK_EXCHANGE, required=True, senders=("api", "scraper", "retry"), open=True),
    "video.requested.v1": Route(REQUESTS_EXCHANGE, required=True, senders=("scraper", "retry", "api", "audit")),
    "playlist.failed.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper",)),
    "video.failed.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry")),
    "audio.stored.v1": Route(EVENTS_EXCHANGE, required=True, senders=("scraper", "retry", "audit")),
    "audio.mirrored.v1": Route(EVENTS_EXCHANGE, required=False, senders=("sync",)),
    "video.abandoned.v1": Route(EVENTS_EXCHANGE, required=False, senders=("scraper", "retry", "api")),
}


def parking_of(queue: str) -> str:
    """The parking queue of a work queue."""
    return f"parking.{queue}"


def _work_queue(name: str, *bindings: Binding) -> Queue:
    """A queue of work: also fed by the delay tree, and parked from after too many deliveries."""
    return Queue(
        name,
        (*bindings, Binding(DELAY_DELIVER_EXCHANGE, f"#.{name}")),
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": PARKING_EXCHANGE,
            "x-dead-letter-routing-key": name,
            # At-least-once needs reject-publish; with the default a broker's crash may lose the parked message.
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


WORK_QUEUES = (
    _work_queue(PLAYLISTS_QUEUE, Binding(WORK_EXCHANGE, "playlist.submitted.v1")),
    _work_queue(VIDEOS_QUEUE, Binding(REQUESTS_EXCHANGE, "video.requested.v1")),
    _work_queue(URGENT_QUEUE, Binding(REQUESTS_EXCHANGE, "video.requested.v1.urgent")),
    _work_queue(
        FAILURES_QUEUE, Binding(EVENTS_EXCHANGE, "video.failed.v1"), Binding(EVENTS_EXCHANGE, "playlist.failed.v1")
    ),
    _work_queue(STORED_QUEUE, Binding(EVENTS_EXCHANGE, "audio.stored.v1")),
)


def queues_of(type_: str) -> list[Queue]:
    """The queues that take messages of a type: a routing key is the type, or begins with it."""
    return [
        queue
        for queue in WORK_QUEUES
        if any(binding.key == type_ or binding.key.startswith(f"{type_}.") for binding in queue.bindings)
    ]


PARKING_QUEUES = tuple(
    Queue(
        parking_of(q.name),
        (Binding(PARKING_EXCHANGE, q.name),),
        {"x-queue-type": "quorum", "x-delivery-limit": NO_DELIVERY_LIMIT},
    )
    for q in WORK_QUEUES
)


EVENT_STREAMS = (
    Queue(
        EVENTS_STREAM,
        (Binding(EVENTS_EXCHANGE, "#"),),
        {
            "x-queue-type": "stream",
            "x-max-age": EVENTS_STREAM_AGE,
            "x-max-length-bytes": EVENTS_STREAM_BYTES,
            "x-stream-max-segment-size-bytes": EVENTS_SEGMENT_BYTES,
        },
    ),
)


def delay_level(level: int) -> str:
    """The name of a level's queue and exchange."""
    return f"delay.l{level:02}"


def _delay_key(level: int, bit: int) -> str:
    """Binding key that reads the bit of `level`: keys are the bits from the top level down, then the queue's name."""
    return "*." * (DELAY_TOP_LEVEL - level) + f"{bit}.#"


def _below(level: int) -> str:
    return delay_level(level - 1) if level > 0 else DELAY_DELIVER_EXCHANGE


DELAY_QUEUES = tuple(
    Queue(
        delay_level(level),
        (Binding(delay_level(level), _delay_key(level, 1)),),
        {
            "x-queue-type": "quorum",
            "x-message-ttl": 2**level * 1000,
            "x-dead-letter-exchange": _below(level),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-max-length": DELAY_LEVEL_LENGTH,
        },
    )
    for level in range(DELAY_TOP_LEVEL + 1)
)

#: Targets come before their sources, so that no message finds a tree that is half there.
EXCHANGES = (
    Exchange(WORK_EXCHANGE, (Binding(REQUESTS_EXCHANGE, "video.requested.v1.#"),)),
    Exchange(REQUESTS_EXCHANGE),
    Exchange(EVENTS_EXCHANGE),
    Exchange(PARKING_EXCHANGE),
    Exchange(DELAY_DELIVER_EXCHANGE, (Binding(delay_level(0), _delay_key(0, 0)),)),
    *(
        Exchange(delay_level(level), (Binding(delay_level(level + 1), _delay_key(level + 1, 0)),))
        for level in range(DELAY_TOP_LEVEL)
    ),
    Exchange(delay_level(DELAY_TOP_LEVEL)),
)

QUEUES = (*PARKING_QUEUES, *WORK_QUEUES, *DELAY_QUEUES, *EVENT_STREAMS)
#: Queue → bindings that earlier versions made and that must go.
FORMER_BINDINGS = {
    VIDEOS_QUEUE: Binding(WORK_EXCHANGE, "video.requested.v1"),
    URGENT_QUEUE: Binding(WORK_EXCHANGE, "video.requested.v1.urgent"),
}
#: Queue → arguments with which earlier versions made it. A queue keeps them for life, and is used as it is.
FORMER_ARGUMENTS: dict[str, dict[str, str | int]] = {queue.name: {"x-queue-type": "quorum"} for queue in PARKING_QUEUES}
QUEUES_BY_NAME = {queue.name: queue for queue in QUEUES}
