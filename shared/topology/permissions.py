"""The least permissions at the broker that each role needs. Data only."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.topology import (
    CHECKED_QUEUE,
    CHECKS_QUEUE,
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
    WORK_QUEUES,
)

#: The role of programs that may only send what anybody may: submit playlists.
OUTSIDER = "submitter"
#: Entry points of the delay tree: each level's exchange has the name of its queue.
DELAYS = tuple(queue.name for queue in DELAY_QUEUES)


@dataclass(frozen=True)
class Role:
    """Queues that a client takes messages from, and exchanges that it sends messages to. It may declare none."""

    takes_from: tuple[str, ...]
    #: Exchange → regular expression of the routing keys that it sends there.
    keys: Mapping[str, str]
    #: Whether it replays parked messages, whoever sent them first.
    replays: bool = False

    @property
    def sends_to(self) -> tuple[str, ...]:
        """The exchanges."""
        return tuple(self.keys)

    def permissions(self) -> dict[str, str]:
        """RabbitMQ's three regular expressions: what a user may configure, write to and read from."""
        return {"configure": "^$", "write": _any_of(self.sends_to), "read": _any_of(self.takes_from)}

    def topic_permissions(self) -> list[dict[str, str]]:
        """RabbitMQ's regular expressions of routing keys, for each exchange.

        They bind the key alone before RabbitMQ 4.0.3, and from then on those in the headers CC and BCC too.
        """
        return [{"exchange": exchange, "write": keys, "read": "^$"} for exchange, keys in self.keys.items()]


def url_variable(role: str) -> str:
    """The variable with the address of the broker that holds the role's user and password, e.g. RABBITMQ_URL_SYNC."""
    return f"RABBITMQ_URL_{role.upper()}"


def _role(
    name: str, *, takes_from: tuple[str, ...] = (), delays: tuple[str, ...] = (), reads: tuple[str, ...] = ()
) -> Role:
    """`takes_from`: work queues, whose messages it may also delay and park. `delays`: further queues to delay for.

    `reads`: parking queues and streams.
    """
    types: dict[str, list[str]] = {}
    for type_, route in ROUTES.items():
        if name in route.senders or (name == OUTSIDER and route.open):
            types.setdefault(route.exchange, []).append(type_)
    # A routing key is the type, or begins with it.
    keys = {exchange: rf"^({_alternatives(its)})(\..+)?$" for exchange, its in types.items()}
    if takes_from:
        keys[PARKING_EXCHANGE] = _any_of(takes_from)
    if later := tuple(dict.fromkeys((*takes_from, *delays))):
        keys |= dict.fromkeys(DELAYS, rf"^([01]\.){{{len(DELAYS)}}}({_alternatives(later)})$")
    return Role((*takes_from, *reads), keys, replays=name == "api")


def _any_of(names: Collection[str]) -> str:
    return f"^({_alternatives(names)})$" if names else "^$"


def _alternatives(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in names)


#: Each role is a service, but for `audit`, which repairs. The API replays parked messages through the delay tree.
ROLES: dict[str, Role] = {
    "scraper": _role("scraper", takes_from=(PLAYLISTS_QUEUE, VIDEOS_QUEUE, URGENT_QUEUE, CHECKS_QUEUE)),
    "retry": _role(
        "retry",
        takes_from=(FAILURES_QUEUE,),
        delays=(PLAYLISTS_QUEUE, VIDEOS_QUEUE, URGENT_QUEUE),
        reads=tuple(queue.name for queue in PARKING_QUEUES),
    ),
    "sync": _role("sync", takes_from=(STORED_QUEUE,)),
    "watch": _role("watch", takes_from=(CHECKED_QUEUE,)),
    "api": _role("api", delays=tuple(queue.name for queue in WORK_QUEUES), reads=(EVENTS_STREAM,)),
    "audit": _role("audit"),
}
#: The services' roles, and the role of outside programs.
EVERY_ROLE = {**ROLES, OUTSIDER: _role(OUTSIDER)}
