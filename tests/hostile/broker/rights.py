"""What each role may reach through which exchange, and a way to try it."""

from __future__ import annotations

from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelAccessRefused, ChannelPreconditionFailed

from shared.topology import (
    DELAY_DELIVER_EXCHANGE,
    DELAY_TOP_LEVEL,
    EVENTS_EXCHANGE,
    EXCHANGES,
    PARKING_EXCHANGE,
    PARKING_QUEUES,
    REQUESTS_EXCHANGE,
    ROUTES,
    WORK_EXCHANGE,
    WORK_QUEUES,
    parking_of,
)
from tests.hostile.broker.virtual_host import LIMIT
from tests.hostile.conftest import FULL

VHOST = "hostile-users"
#: From this version on RabbitMQ checks the keys in CC and BCC too.
CC_IS_CHECKED = (4, 0, 3)
WHERE = tuple(queue.name for queue in (*WORK_QUEUES, *PARKING_QUEUES))
PREDEFINED = ("", "amq.direct", "amq.fanout", "amq.topic", "amq.headers", "amq.match", "amq.rabbitmq.trace")
DELAYS = tuple(exchange.name for exchange in EXCHANGES if exchange.name.startswith("delay."))
#: All levels of the delay tree are alike, so the short form tries its ends and its middle.
TRIED = [
    *PREDEFINED,
    *(e.name for e in EXCHANGES if FULL or e.name not in DELAYS or e.name in ("delay.l00", "delay.l09", "delay.l16")),
]
#: Every bit is 0: such a key leaves the delay tree at once, wherever it entered.
NO_DELAY = "0." * (DELAY_TOP_LEVEL + 1)
_LISTS_AND_VIDEOS = ("scraper.playlists", "scraper.videos", "scraper.urgent")
_SCRAPERS = (*_LISTS_AND_VIDEOS, "scraper.checks", "scraper.probes")
_PROBES = ("probe.measurements", "probe.answers")
_NOTIFIERS = ("notify.events", "notify.deliveries")
_REQUESTS = ("scraper.videos", "scraper.urgent")
#: Written by hand on purpose: role → kind of exchange → queues that it may reach. What is not here is refused.
ALLOWED: dict[str, dict[str, tuple[str, ...]]] = {
    "scraper": {
        "work": ("scraper.playlists",),
        "requests": _REQUESTS,
        "events": ("retry.failures", "sync.stored", "watch.checked", "notify.events", *_PROBES),
        "parking": tuple(f"parking.{name}" for name in _SCRAPERS),
        "delay": _SCRAPERS,
    },
    "retry": {
        "work": ("scraper.playlists",),
        "requests": _REQUESTS,
        "events": ("retry.failures", "sync.stored", "notify.events", "probe.measurements"),
        "parking": ("parking.retry.failures",),
        "delay": (*_LISTS_AND_VIDEOS, "retry.failures"),
    },
    "sync": {"events": ("notify.events",), "parking": ("parking.sync.stored",), "delay": ("sync.stored",)},
    "watch": {
        "requests": ("scraper.checks",),
        "events": (),
        "parking": ("parking.watch.checked",),
        "delay": ("watch.checked",),
    },
    "notify": {
        "requests": ("notify.deliveries",),
        "parking": tuple(f"parking.{name}" for name in _NOTIFIERS),
        "delay": _NOTIFIERS,
    },
    "probe": {
        "requests": ("scraper.probes",),
        "parking": tuple(f"parking.{name}" for name in _PROBES),
        "delay": _PROBES,
    },
    "api": {
        "work": ("scraper.playlists",),
        # Tests of endpoints.
        "requests": (*_REQUESTS, "notify.deliveries"),
        "events": ("notify.events",),
        "delay": (*_SCRAPERS, "retry.failures", "sync.stored", "watch.checked", *_PROBES, *_NOTIFIERS),
    },
    "audit": {"requests": _REQUESTS, "events": ("sync.stored", "notify.events", "probe.measurements")},
    "submitter": {"work": ("scraper.playlists",)},
}
#: A key with which each role may send to each kind of exchange.
HONEST = {
    ("submitter", "work"): "playlist.submitted.v1",
    ("scraper", "work"): "playlist.submitted.v1",
    ("retry", "work"): "playlist.submitted.v1",
    ("api", "work"): "playlist.submitted.v1",
    **{(role, "requests"): "video.requested.v1" for role in ("scraper", "retry", "api", "audit")},
    ("notify", "requests"): "notification.due.v1",
    ("watch", "requests"): "source.check_requested.v1",
    ("probe", "requests"): "probe.requested.v1",
    ("scraper", "events"): "video.failed.v1",
    ("retry", "events"): "video.abandoned.v1",
    ("sync", "events"): "audio.mirrored.v1",
    ("api", "events"): "video.abandoned.v1",
    ("audit", "events"): "audio.stored.v1",
    ("scraper", "parking"): "scraper.videos",
    ("retry", "parking"): "retry.failures",
    ("sync", "parking"): "sync.stored",
    ("notify", "parking"): "notify.events",
    ("watch", "parking"): "watch.checked",
    ("probe", "parking"): "probe.measurements",
    ("scraper", "delay"): NO_DELAY + "scraper.videos",
    ("retry", "delay"): NO_DELAY + "retry.failures",
    ("notify", "delay"): NO_DELAY + "notify.events",
    ("probe", "delay"): NO_DELAY + "probe.measurements",
    ("watch", "delay"): NO_DELAY + "watch.checked",
    ("sync", "delay"): NO_DELAY + "sync.stored",
    ("api", "delay"): NO_DELAY + "scraper.videos",
}


def kind_of(exchange: str) -> str:
    kinds = {WORK_EXCHANGE: "work", REQUESTS_EXCHANGE: "requests", EVENTS_EXCHANGE: "events"}
    if exchange in kinds:
        return kinds[exchange]
    if exchange == PARKING_EXCHANGE:
        return "parking"
    return "delay" if exchange.startswith("delay.") and exchange != DELAY_DELIVER_EXCHANGE else "other"


def keys_to(exchange: str, beside: str = "video.requested.v1") -> dict[str, tuple[str, ...]]:
    """Routing key → the queues where it leads from this exchange, beside a message's own key, if nobody refuses it."""
    if exchange in PREDEFINED:
        return {name: (name,) if exchange == "" else () for name in WHERE}
    if exchange == PARKING_EXCHANGE:
        return {queue.name: (parking_of(queue.name),) for queue in WORK_QUEUES}
    if exchange in DELAYS:
        return {NO_DELAY + queue.name: (queue.name,) for queue in WORK_QUEUES}
    found: dict[str, tuple[str, ...]] = {}
    for key in (*ROUTES, "video.requested.v1.urgent"):
        bound = [q.name for q in WORK_QUEUES for b in q.bindings if (b.source, b.key) == (exchange, key)]
        if (exchange, key) == (REQUESTS_EXCHANGE, "playlist.submitted.v1") and beside.startswith("video.requested.v1"):
            # Requests for videos go on to the exchange of submissions, with their CC and BCC.
            bound = ["scraper.playlists"]
        found[key] = tuple(bound)
    return found


def by_key_alone(role: str, exchange: str, key: str) -> tuple[str, ...]:
    """Where a message with this key may arrive, by the table above."""
    allowed = ALLOWED[role].get(kind_of(exchange), ())
    type_ = key.removesuffix(".urgent")
    if kind_of(exchange) in ("work", "requests", "events") and role not in ROUTES[type_].senders:
        # Two types lead to one queue; a role may send one of them.
        allowed = allowed if ROUTES[type_].open and role == "submitter" else ()
    return tuple(queue for queue in keys_to(exchange)[key] if queue in allowed)


async def send(
    connection: AbstractConnection,
    exchange: str,
    key: str,
    body: bytes,
    user: str | None = None,
    headers: dict[str, Any] | None = None,
) -> bool:
    """Publish; whether the broker took it. On a channel of its own: a refusal closes it."""
    channel = await connection.channel()
    # `get_exchange` knows no default exchange.
    target = await channel.get_exchange(exchange, ensure=False) if exchange else channel.default_exchange
    message = aio_pika.Message(body, headers=headers, user_id=user)
    try:
        await target.publish(message, key, mandatory=False, timeout=LIMIT)
    except (ChannelAccessRefused, ChannelPreconditionFailed):
        return False
    await channel.close()
    return True
