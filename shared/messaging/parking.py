"""Empties the parking queues into whoever keeps parked messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aio_pika.abc import AbstractIncomingMessage, AbstractRobustConnection

from shared.contracts.bounds import within_calendar
from shared.contracts.text import clean_line
from shared.logs import logger
from shared.messaging.channels import open_channel, open_queue
from shared.topology import DELIVERY_LIMIT, WORK_QUEUES, parking_of

log = logger(__name__)

#: Parked messages held at once; they may be large.
PREFETCH = 10
#: Seconds until keeping one is tried again.
AGAIN_SECONDS = 5

#: (queue it came from, body, reason, when it was parked)
Keep = Callable[[str, bytes, str, datetime], Awaitable[Any]]


async def empty_parking_queues(
    connection: AbstractRobustConnection, keep: Keep, unavailable: tuple[type[Exception], ...], *, declare: bool = True
) -> None:
    """Hand every message of every parking queue to `keep`, then acknowledge it. Returns when consuming has begun.

    `declare`: make the queues again if a broker comes back without them; not every user may.
    While `keep` raises one of `unavailable`, the message waits and is tried again.
    """
    channel = await open_channel(connection, PREFETCH)
    for work_queue in WORK_QUEUES:
        queue = await open_queue(channel, parking_of(work_queue.name), declare=declare)
        await queue.consume(partial(_take, work_queue.name, keep, unavailable))


async def _take(
    queue: str, keep: Keep, unavailable: tuple[type[Exception], ...], amqp: AbstractIncomingMessage
) -> None:
    reason, parked_at = why_and_when(dict(amqp.headers))
    while True:
        try:
            await keep(queue, amqp.body, reason, parked_at)
        except unavailable as error:
            log.warning("parked.not_kept_yet", queue=queue, error=str(error))
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            await amqp.ack()
            return


def why_and_when(headers: dict[str, Any]) -> tuple[str, datetime]:
    """Why and when a message was parked: by a consumer, which says so, or by the broker, which leaves its death."""
    reason, at = headers.get("x-parked-reason"), headers.get("x-parked-at")
    if reason is not None and at is not None:
        return clean_line(str(reason)), _moment(at)
    deaths = headers.get("x-death")
    death = deaths[0] if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else {}
    moment = _moment(death.get("time"))
    if death.get("reason") == "rejected":
        return "its consumer could settle it in no other way; the log of that service tells why", moment
    return f"it was delivered {DELIVERY_LIMIT} times, and each time its consumer ended before it was settled", moment


def _moment(said: object) -> datetime:
    """The moment that a header says; now, if it says none."""
    try:
        moment = said if isinstance(said, datetime) else datetime.fromisoformat(str(said))
        return within_calendar(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except ValueError:
        return datetime.now(UTC)
