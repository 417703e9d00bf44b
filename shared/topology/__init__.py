"""The broker as data: exchanges, queues, bindings, delay levels, parking, routes. `messaging.declare` makes them.

`permissions` and `definitions` have the users and their rights; `services` is the one list of services.
"""

from shared.topology.delay_tree import (
    DELAY_EXCHANGES,
    DELAY_LEVEL_LENGTH,
    DELAY_QUEUES,
    DELAY_TOP_LEVEL,
    MAX_DELAY_SECONDS,
    delay_level,
)
from shared.topology.exchanges import EXCHANGES
from shared.topology.model import Binding, Exchange, Queue
from shared.topology.names import (
    CHECKED_QUEUE,
    CHECKS_QUEUE,
    DELAY_DELIVER_EXCHANGE,
    EVENTS_EXCHANGE,
    EVENTS_STREAM,
    FAILURES_QUEUE,
    PARKING_EXCHANGE,
    PLAYLISTS_QUEUE,
    REQUESTS_EXCHANGE,
    STORED_QUEUE,
    URGENT_QUEUE,
    VIDEOS_QUEUE,
    WORK_EXCHANGE,
    parking_of,
)
from shared.topology.queues import (
    DELIVERY_LIMIT,
    EVENT_STREAMS,
    EVENTS_SEGMENT_BYTES,
    EVENTS_STREAM_AGE,
    EVENTS_STREAM_BYTES,
    FORMER_ARGUMENTS,
    FORMER_BINDINGS,
    NO_DELIVERY_LIMIT,
    PARKING_QUEUES,
    QUEUES,
    QUEUES_BY_NAME,
    WORK_QUEUES,
    queues_of,
)
from shared.topology.routes import ROUTES, Route

__all__ = [
    "CHECKED_QUEUE",
    "CHECKS_QUEUE",
    "DELAY_DELIVER_EXCHANGE",
    "DELAY_EXCHANGES",
    "DELAY_LEVEL_LENGTH",
    "DELAY_QUEUES",
    "DELAY_TOP_LEVEL",
    "DELIVERY_LIMIT",
    "EVENTS_EXCHANGE",
    "EVENTS_SEGMENT_BYTES",
    "EVENTS_STREAM",
    "EVENTS_STREAM_AGE",
    "EVENTS_STREAM_BYTES",
    "EVENT_STREAMS",
    "EXCHANGES",
    "FAILURES_QUEUE",
    "FORMER_ARGUMENTS",
    "FORMER_BINDINGS",
    "MAX_DELAY_SECONDS",
    "NO_DELIVERY_LIMIT",
    "PARKING_EXCHANGE",
    "PARKING_QUEUES",
    "PLAYLISTS_QUEUE",
    "QUEUES",
    "QUEUES_BY_NAME",
    "REQUESTS_EXCHANGE",
    "ROUTES",
    "STORED_QUEUE",
    "URGENT_QUEUE",
    "VIDEOS_QUEUE",
    "WORK_EXCHANGE",
    "WORK_QUEUES",
    "Binding",
    "Exchange",
    "Queue",
    "Route",
    "delay_level",
    "parking_of",
    "queues_of",
]
