"""The queues: of work, of parked messages, and the stream of events. Data only; `messaging.declare` makes them."""

from __future__ import annotations

from shared.topology.delay_tree import DELAY_QUEUES
from shared.topology.model import Binding, Queue
from shared.topology.names import (
    CHECKED_QUEUE,
    CHECKS_QUEUE,
    DELAY_DELIVER_EXCHANGE,
    DELIVERIES_QUEUE,
    EVENTS_EXCHANGE,
    EVENTS_STREAM,
    FAILURES_QUEUE,
    MEASUREMENTS_QUEUE,
    NOTIFY_EVENTS_QUEUE,
    PARKING_EXCHANGE,
    PLAYLISTS_QUEUE,
    PROBED_QUEUE,
    PROBES_QUEUE,
    REQUESTS_EXCHANGE,
    STORED_QUEUE,
    URGENT_QUEUE,
    VIDEOS_QUEUE,
    WORK_EXCHANGE,
    parking_of,
)

#: Deliveries of one message before the broker parks it, against messages that crash their consumer. Every lost
#: connection and every stop during a long video counts too, so it must not be small.
DELIVERY_LIMIT = 20
#: Deliveries of a parked message: practically unlimited. RabbitMQ 4 applies a limit of 20 where none is declared, and a
#: message beyond it is lost in a queue without a dead-letter exchange; RabbitMQ 3 refuses -1.
NO_DELIVERY_LIMIT = 2**31 - 1
#: Minimum time that the stream of events reaches back, and its maximum size; the broker deletes whole segments.
EVENTS_STREAM_AGE = "24h"
EVENTS_STREAM_BYTES = 200 * 10**6
EVENTS_SEGMENT_BYTES = 20 * 10**6
#: Types of events that endpoints can be told of.
NOTIFIED_TYPES = ("audio.stored.v1", "audio.mirrored.v1", "video.abandoned.v1", "source.checked.v1")


def _work_queue(name: str, *bindings: Binding) -> Queue:
    """Return a work queue. The delay tree feeds it too, and messages with too many deliveries leave it to be parked."""
    return Queue(
        name,
        (*bindings, Binding(DELAY_DELIVER_EXCHANGE, f"#.{name}")),
        {
            "x-queue-type": "quorum",
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": PARKING_EXCHANGE,
            "x-dead-letter-routing-key": name,
            # By default, a crash of the broker may lose a message that is being parked. At-least-once prevents that,
            # and needs reject-publish.
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
    _work_queue(CHECKS_QUEUE, Binding(REQUESTS_EXCHANGE, "source.check_requested.v1")),
    _work_queue(CHECKED_QUEUE, Binding(EVENTS_EXCHANGE, "source.checked.v1")),
    _work_queue(STORED_QUEUE, Binding(EVENTS_EXCHANGE, "audio.stored.v1")),
    _work_queue(NOTIFY_EVENTS_QUEUE, *(Binding(EVENTS_EXCHANGE, type_) for type_ in NOTIFIED_TYPES)),
    _work_queue(MEASUREMENTS_QUEUE, Binding(EVENTS_EXCHANGE, "download.measured.v1")),
    _work_queue(PROBES_QUEUE, Binding(REQUESTS_EXCHANGE, "probe.requested.v1")),
    _work_queue(PROBED_QUEUE, Binding(EVENTS_EXCHANGE, "probe.answered.v1")),
    _work_queue(DELIVERIES_QUEUE, Binding(REQUESTS_EXCHANGE, "notification.due.v1")),
)


def queues_of(type_: str) -> list[Queue]:
    """Return the queues that receive messages of a type; a routing key is the type, or begins with it."""
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

QUEUES = (*PARKING_QUEUES, *WORK_QUEUES, *DELAY_QUEUES, *EVENT_STREAMS)
#: Queue → bindings of earlier versions that must be removed.
FORMER_BINDINGS = {
    VIDEOS_QUEUE: Binding(WORK_EXCHANGE, "video.requested.v1"),
    URGENT_QUEUE: Binding(WORK_EXCHANGE, "video.requested.v1.urgent"),
}
#: Queue → arguments with which earlier versions created it. They cannot be changed, so such a queue is used as it is.
FORMER_ARGUMENTS: dict[str, dict[str, str | int]] = {queue.name: {"x-queue-type": "quorum"} for queue in PARKING_QUEUES}
QUEUES_BY_NAME = {queue.name: queue for queue in QUEUES}
