"""Message → function. No handler acks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from services.watch.scheduler import Scheduler
from shared import metrics
from shared.catalog.sources.identities import note_same
from shared.catalog.sources.looks import record_look
from shared.contracts import Message, SourceChecked
from shared.logs import logger
from shared.messaging.consuming.settlement import Handler

log = logger(__name__)


async def source_checked(scheduler: Scheduler, message: SourceChecked) -> None:
    """Record what a look found, and when the next one is due. An answer that comes twice changes nothing."""
    source = await record_look(scheduler.catalog, message, scheduler.next_due)
    if source is None:
        log.info("look.not_recorded", source=message.source, look=message.look)
        return
    reason = message.failure.reason if message.failure is not None else ""
    metrics.LOOKS.labels(message.rung.value, "failed" if message.failure is not None else "looked", reason).inc()
    if source["last"].get("hint") == "push":
        metrics.PUSHED_LOOKS.labels("failed" if message.failure is not None else "looked").inc()
    metrics.LOOK_REQUESTS.labels(message.rung.value).inc(message.requests)
    metrics.LOOK_ENTRIES.labels("new").inc(message.new)
    metrics.LOOK_ENTRIES.labels("filtered").inc(message.filtered)
    metrics.LOOK_ENTRIES.labels("gone").inc(message.gone)
    if message.identity_id is not None and (first := await note_same(scheduler.catalog, source)) is not None:
        log.warning("source.same_list", source=message.source, same_as=first)


def handlers(scheduler: Scheduler) -> Mapping[type[Message], Handler]:
    """Return the handlers of this service by message."""
    return {SourceChecked: partial(source_checked, scheduler)}
