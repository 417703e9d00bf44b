"""Passes the messages of the parking queues to the function that keeps them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aio_pika.abc import AbstractRobustConnection

from shared.errors import ServerError
from shared.logs import logger
from shared.messaging.channels import open_channel, open_queue
from shared.messaging.delivery import Delivery
from shared.messaging.driver_errors import translated
from shared.messaging.publisher import PARKED_AT_HEADER, PARKED_REASON_HEADER, PARKED_SIZE_HEADER
from shared.messaging.sender import SENDER_HEADER, Senders, own_user
from shared.topology import DELIVERY_LIMIT, WORK_QUEUES, parking_of
from shared.untrusted.text import clean_line

log = logger(__name__)

#: Parked messages held at once; they may be large.
PREFETCH = 2
#: Seconds until a failed attempt to keep one is repeated.
AGAIN_SECONDS = 5

#: The earliest time at which a message can have been parked, and how far another clock may be ahead.
EARLIEST, AHEAD = datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=1)
#: Bytes; RabbitMQ takes no larger message.
MAX_BYTES = 2**31
#: RabbitMQ's reason for parking a message → the description for people.
DEATHS = {
    "delivery_limit": f"it was delivered {DELIVERY_LIMIT} times, and each time its consumer ended without settling it",
    "rejected": "its consumer could not settle it in any other way; the log of that service says why",
    "expired": "its sender set an expiration, which passed before a consumer took it",
}

#: (queue it came from, body or its beginning, reason, when it was parked, bytes of the complete body, whether it counts
#: as a defect of its video or playlist: false if a stranger sent it, or set an expiration)
Keep = Callable[[str, bytes, str, datetime, int, bool], Awaitable[Any]]


async def empty_parking_queues(
    connection: AbstractRobustConnection,
    keep: Keep,
    *,
    declare: bool = True,
    senders: Senders | None = None,
) -> None:
    """Pass every message of every parking queue to `keep`, then acknowledge it. Returns when consuming has started.

    `declare`: whether to create the queues again if a broker restarts without them; not every user may.
    `senders`: which user may park which messages; None: every user all of them.
    While `keep` raises a ServerError, the message waits and is passed again. Raises BrokerUnavailable.
    """
    known = Senders(own_user(connection)) if senders is None else senders
    channel = await open_channel(connection, PREFETCH)
    for work_queue in WORK_QUEUES:
        queue = await open_queue(connection, channel, parking_of(work_queue.name), declare=declare)
        with translated(f"RabbitMQ did not start to send the parked messages of {work_queue.name}"):
            await queue.consume(partial(_take, work_queue.name, keep, known))


async def _take(queue: str, keep: Keep, senders: Senders, amqp: Delivery) -> None:
    headers, by_consumer = dict(amqp.headers), senders.may_park(amqp.user_id, queue)
    reason, parked_at = why_and_when(headers, by_consumer=by_consumer)
    size = headers.get(PARKED_SIZE_HEADER) if by_consumer else None
    size_bytes = size if isinstance(size, int) and len(amqp.body) <= size <= MAX_BYTES else len(amqp.body)
    whose = headers.get(SENDER_HEADER, amqp.user_id) if by_consumer else amqp.user_id
    counts = reason != DEATHS["expired"] and senders.may_count(whose if isinstance(whose, str) else None, queue)
    while True:
        try:
            await keep(queue, amqp.body, reason, parked_at, size_bytes, counts)
        except ServerError as error:
            log.warning("parked.not_kept_yet", queue=queue, error=str(error))
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            await amqp.ack()
            return


def why_and_when(headers: dict[str, Any], *, by_consumer: bool = True) -> tuple[str, datetime]:
    """Return why and when a message was parked. A consumer notes it in our headers, the broker in `x-death`.

    `by_consumer`: whether a consumer may have published it. The headers can contain anything: a consumer writes only
    its own, but the broker keeps those of the message's publisher.
    """
    deaths = headers.get("x-death")
    if isinstance(deaths, list) and deaths:
        death = deaths[0] if isinstance(deaths[0], dict) else {}
        why = str(death.get("reason"))[:100]
        return DEATHS.get(why, f"RabbitMQ parked it: {why}"), _moment(death.get("time"))
    reason = headers.get(PARKED_REASON_HEADER)
    if by_consumer and isinstance(reason, str):
        return clean_line(reason)[:1000], _moment(headers.get(PARKED_AT_HEADER))
    return "no consumer parked it: somebody sent it here", datetime.now(UTC)


def _moment(header: object) -> datetime:
    """Read when a message was parked; returns the current time if the header holds no possible time."""
    now = datetime.now(UTC)
    try:
        moment = header if isinstance(header, datetime) else datetime.fromisoformat(str(header))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment if EARLIEST <= moment <= now + AHEAD else now
    except (ValueError, OverflowError):
        return now
