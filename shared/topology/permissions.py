"""The minimum permissions that each role needs at the broker. Data only."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.topology import (
    CHECKED_QUEUE,
    CHECKS_QUEUE,
    DELAY_QUEUES,
    DELIVERIES_QUEUE,
    EVENTS_STREAM,
    FAILURES_QUEUE,
    MEASUREMENTS_QUEUE,
    NOTIFY_EVENTS_QUEUE,
    PARKING_EXCHANGE,
    PARKING_QUEUES,
    PLAYLISTS_QUEUE,
    PROBED_QUEUE,
    PROBES_QUEUE,
    ROUTES,
    STORED_QUEUE,
    URGENT_QUEUE,
    VIDEOS_QUEUE,
    WORK_QUEUES,
)

#: The role of outside programs, which may only submit playlists.
OUTSIDER = "submitter"
#: Entry points of the delay tree: each level's exchange has the name of its queue.
DELAYS = tuple(queue.name for queue in DELAY_QUEUES)


@dataclass(frozen=True)
class Role:
    """The queues that a client consumes and the exchanges that it publishes to. It may declare none of them."""

    takes_from: tuple[str, ...]
    #: Exchange → regular expression of the routing keys that it publishes there.
    keys: Mapping[str, str]
    #: Whether it replays parked messages, whoever their original sender is.
    replays: bool = False

    @property
    def sends_to(self) -> tuple[str, ...]:
        """The exchanges that it publishes to."""
        return tuple(self.keys)

    def permissions(self) -> dict[str, str]:
        """Return RabbitMQ's three regular expressions: what a user may configure, write to and read from."""
        return {"configure": "^$", "write": _any_of(self.sends_to), "read": _any_of(self.takes_from)}

    def topic_permissions(self) -> list[dict[str, str]]:
        """Return RabbitMQ's regular expressions of routing keys, one for each exchange.

        Before RabbitMQ 4.0.3 they apply only to a message's routing key, since then also to its headers CC and BCC.
        """
        return [{"exchange": exchange, "write": keys, "read": "^$"} for exchange, keys in self.keys.items()]


def url_variable(role: str) -> str:
    """Return the name of the variable with the broker's address and the role's user, e.g. RABBITMQ_URL_SYNC."""
    return f"RABBITMQ_URL_{role.upper()}"


def _role(
    name: str, *, takes_from: tuple[str, ...] = (), delays: tuple[str, ...] = (), reads: tuple[str, ...] = ()
) -> Role:
    """`takes_from`: work queues whose messages it may also delay and park. `delays`: other queues it may delay for.

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


#: Each role is a service, except `audit`, which repairs. The API replays parked messages through the delay tree.
ROLES: dict[str, Role] = {
    "scraper": _role("scraper", takes_from=(PLAYLISTS_QUEUE, VIDEOS_QUEUE, URGENT_QUEUE, CHECKS_QUEUE, PROBES_QUEUE)),
    "retry": _role(
        "retry",
        takes_from=(FAILURES_QUEUE,),
        delays=(PLAYLISTS_QUEUE, VIDEOS_QUEUE, URGENT_QUEUE),
        reads=tuple(queue.name for queue in PARKING_QUEUES),
    ),
    "sync": _role("sync", takes_from=(STORED_QUEUE,)),
    "watch": _role("watch", takes_from=(CHECKED_QUEUE,)),
    "notify": _role("notify", takes_from=(NOTIFY_EVENTS_QUEUE, DELIVERIES_QUEUE)),
    "probe": _role("probe", takes_from=(MEASUREMENTS_QUEUE, PROBED_QUEUE)),
    "api": _role("api", delays=tuple(queue.name for queue in WORK_QUEUES), reads=(EVENTS_STREAM,)),
    "audit": _role("audit"),
}
#: The services' roles, and the role of outside programs.
EVERY_ROLE = {**ROLES, OUTSIDER: _role(OUTSIDER)}
