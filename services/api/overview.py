"""Builds the overview of the archive from the catalog and the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib.metadata import version

from services.api.held_up import budgets
from services.api.schemas.overview import ConcernOut, DueOut, HourOut, OverviewOut, QueueOut
from services.api.serializers.documents import breaker_out, progress_out
from shared.catalog.connection import Catalog
from shared.catalog.operations.breakers import all_breakers
from shared.catalog.playlists.lookup import count_playlists
from shared.catalog.reports.concerns import concerns
from shared.catalog.reports.overview import oldest_by_queue, retries_due, throughput
from shared.catalog.reports.progress import progress
from shared.catalog.schema import version_of
from shared.errors import Unavailable

#: Hours of throughput that are shown.
HOURS = 24
#: Time from now within which retries are due, with its label. What is overdue comes before these, the rest after them.
STEPS = (
    ("1 min", timedelta(minutes=1)),
    ("10 min", timedelta(minutes=10)),
    ("1 h", timedelta(hours=1)),
    ("6 h", timedelta(hours=6)),
    ("1 day", timedelta(days=1)),
)
LABELS = ("overdue", *(name for name, _ in STEPS), "later")
#: Seconds that the broker may take to count the messages of a queue.
BROKER_SECONDS = 2

#: Counts the messages that wait in a queue. Raises Unavailable.
QueueDepth = Callable[[str], Awaitable[int]]


async def overview(catalog: Catalog, queue_depth: QueueDepth) -> OverviewOut:
    """Summarize the whole archive. While the broker is unavailable, the lengths of its queues are null."""
    breakers = await all_breakers(catalog)
    oldest_of = await oldest_by_queue(catalog)
    # All at the same time: an unavailable broker costs one timeout, not one for each queue.
    waiting = await asyncio.gather(*(_messages(queue_depth, queue) for queue in oldest_of))
    due = await retries_due(catalog, [step for _, step in STEPS])
    return OverviewOut(
        version=version("fonoteca"),
        catalog_version=await version_of(catalog),
        playlists=await count_playlists(catalog),
        progress=progress_out(await progress(catalog)),
        throughput=[
            HourOut(hour=h.hour, videos=h.videos, hours=round(h.seconds / 3600, 4), failed=h.failed)
            for h in await throughput(catalog, HOURS)
        ],
        queues=[
            QueueOut(queue=queue, messages=messages, oldest_at=oldest)
            for (queue, oldest), messages in zip(oldest_of.items(), waiting, strict=True)
        ],
        retries_due=[
            DueOut.model_validate({"label": label, "until": count.until, "videos": count.videos})
            for label, count in zip(LABELS, due, strict=True)
        ],
        breakers=[breaker_out(breaker) for breaker in breakers],
        budgets=await budgets(catalog),
        needs_a_person=[
            ConcernOut(what=found.what, count=found.number, kind=found.kind, reason=found.reason)
            for found in await concerns(catalog, breakers)
        ],
    )


async def _messages(queue_depth: QueueDepth, queue: str) -> int | None:
    try:
        async with asyncio.timeout(BROKER_SECONDS):
            return await queue_depth(queue)
    except (Unavailable, TimeoutError):
        return None
