"""All exchanges, in the order in which they are declared. Data only."""

from __future__ import annotations

from shared.topology.delay_tree import DELAY_EXCHANGES
from shared.topology.model import Binding, Exchange
from shared.topology.names import EVENTS_EXCHANGE, PARKING_EXCHANGE, REQUESTS_EXCHANGE, WORK_EXCHANGE

EXCHANGES = (
    Exchange(WORK_EXCHANGE, (Binding(REQUESTS_EXCHANGE, "video.requested.v1.#"),)),
    Exchange(REQUESTS_EXCHANGE),
    Exchange(EVENTS_EXCHANGE),
    Exchange(PARKING_EXCHANGE),
    *DELAY_EXCHANGES,
)
