"""Who may do what at the broker: the least that each role needs. Data only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shared.topology import (
    DELAY_TOP_LEVEL,
    EVENTS_EXCHANGE,
    FAILURES_QUEUE,
    PARKING_EXCHANGE,
    PARKING_QUEUES,
    PLAYLISTS_QUEUE,
    STORED_QUEUE,
    VIDEOS_QUEUE,
    WORK_EXCHANGE,
    delay_level,
)


@dataclass(frozen=True)
class Role:
    """Queues that a client takes messages from, and exchanges that it sends messages to. It may declare none."""

    takes_from: tuple[str, ...]
    sends_to: tuple[str, ...]

    def permissions(self) -> dict[str, str]:
        """RabbitMQ's three regular expressions: what a user may configure, write to, read from."""
        return {"configure": "^$", "write": _any_of(self.sends_to), "read": _any_of(self.takes_from)}


def _any_of(names: Iterable[str]) -> str:
    return f"^({'|'.join(re.escape(name) for name in names)})$"


_DELAYS = tuple(delay_level(level) for level in range(DELAY_TOP_LEVEL + 1))
#: Whoever takes messages may put one off or aside.
_OFF_AND_ASIDE = (PARKING_EXCHANGE, *_DELAYS)

#: Each role is a service, but for `audit`, which repairs.
ROLES: dict[str, Role] = {
    "scraper": Role((PLAYLISTS_QUEUE, VIDEOS_QUEUE), (WORK_EXCHANGE, EVENTS_EXCHANGE, *_OFF_AND_ASIDE)),
    "retry": Role(
        (FAILURES_QUEUE, *(queue.name for queue in PARKING_QUEUES)),
        (WORK_EXCHANGE, EVENTS_EXCHANGE, *_OFF_AND_ASIDE),
    ),
    "sync": Role((STORED_QUEUE,), (EVENTS_EXCHANGE, *_OFF_AND_ASIDE)),
    "api": Role((), (WORK_EXCHANGE, EVENTS_EXCHANGE, *_DELAYS)),
    "audit": Role((), (WORK_EXCHANGE, EVENTS_EXCHANGE)),
}


def url_variable(role: str) -> str:
    """The variable with the address of the broker that holds the role's user and password, e.g. RABBITMQ_URL_SYNC."""
    return f"RABBITMQ_URL_{role.upper()}"
