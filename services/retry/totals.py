"""Totals of the catalog and the queues, for the metrics. Every replica counts, so that none shows old figures."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.delivery.overdue import longest_overdue
from shared.catalog.operations.parked import count_parked
from shared.catalog.reports.audits import last_audit
from shared.catalog.videos.defects import count_ended
from shared.catalog.videos.lookup import count_by_state
from shared.topology import WORK_QUEUES


async def count_totals(catalog: Catalog, depth: Callable[[str], Awaitable[int]]) -> None:
    """Count everything once. `depth`: returns how many messages are ready in a queue.

    Raises a ServerError.
    """
    for state, number in (await count_by_state(catalog)).items():
        metrics.CATALOG_VIDEOS.labels(state.value).set(number)
    for kind, seconds in (await longest_overdue(catalog)).items():
        metrics.OVERDUE_SECONDS.labels(kind).set(seconds)
    for subject, number in (await count_ended(catalog)).items():
        metrics.DEFECTIVE.labels(subject).set(number)
    for queue in WORK_QUEUES:
        metrics.PARKED_MESSAGES.labels(queue.name).set(await count_parked(catalog, queue.name))
        metrics.QUEUE_MESSAGES.labels(queue.name).set(await depth(queue.name))
    audit = await last_audit(catalog)
    metrics.AUDIT_VIOLATIONS.set(sum(audit["violations"].values()) if audit is not None else math.nan)
    metrics.AUDIT_AT.set(audit["at"].timestamp() if audit is not None else math.nan)
