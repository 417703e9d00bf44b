"""Who may do what at the broker: the least that each role needs. Data only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.topology import (
    DELAY_QUEUES,
    EVENTS_STREAM,
    FAILURES_QUEUE,
    PARKING_EXCHANGE,
    PARKING_QUEUES,
    PLAYLISTS_QUEUE,
    ROUTES,
    STORED_QUEUE,
    URGENT_QUEUE,
    VIDEOS_QUEUE,
)

#: Entrances of the delay tree: each level's exchange has the name of its queue.
DELAYS = tuple(queue.name for queue in DELAY_QUEUES)


@dataclass(frozen=True)
class Role:
    """Queues that a client takes messages from, and exchanges that it sends messages to. It may declare none."""

    takes_from: tuple[str, ...]
    sends_to: tuple[str, ...]

    def permissions(self) -> dict[str, str]:
        """RabbitMQ's three regular expressions: what a user may configure, write to, read from."""
        return {"configure": "^$", "write": _any_of(self.sends_to), "read": _any_of(self.takes_from)}


def url_variable(role: str) -> str:
    """The variable with the address of the broker that holds the role's user and password, e.g. RABBITMQ_URL_SYNC."""
    return f"RABBITMQ_URL_{role.upper()}"


def _role(
    name: str, *, takes_from: tuple[str, ...] = (), also_to: tuple[str, ...] = (), reads: tuple[str, ...] = ()
) -> Role:
    own = dict.fromkeys(route.exchange for route in ROUTES.values() if name in route.senders)
    # Whoever takes messages may put one off or aside; who reads a stream takes nothing from it.
    return Role((*takes_from, *reads), (*own, *((PARKING_EXCHANGE, *DELAYS) if takes_from else ()), *also_to))


def _any_of(names: Iterable[str]) -> str:
    return f"^({'|'.join(re.escape(name) for name in names)})$"


#: Each role is a service, but for `audit`, which repairs. The API replays parked messages through the delay tree.
ROLES: dict[str, Role] = {
    "scraper": _role("scraper", takes_from=(PLAYLISTS_QUEUE, VIDEOS_QUEUE, URGENT_QUEUE)),
    "retry": _role("retry", takes_from=(FAILURES_QUEUE, *(queue.name for queue in PARKING_QUEUES))),
    "sync": _role("sync", takes_from=(STORED_QUEUE,)),
    "api": _role("api", also_to=DELAYS, reads=(EVENTS_STREAM,)),
    "audit": _role("audit"),
}
