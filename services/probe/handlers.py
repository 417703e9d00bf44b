"""Message → function. No handler acks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.probe.networks import Networks
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.crawls.tasks import claim_record, record_answer
from shared.catalog.measurements.records import kept_time, note_measurement, serving_address
from shared.contracts import DownloadMeasured, Message, ProbeAnswered
from shared.logs import logger
from shared.messaging.consuming.settlement import Handler

log = logger(__name__)


@dataclass(frozen=True)
class Measurements:
    """Keeps what scrapers measured."""

    catalog: Catalog
    networks: Networks = field(default_factory=Networks)

    async def measured(self, message: DownloadMeasured) -> None:
        """Keep a measurement; one that was told before changes nothing."""
        new = await self._is_wanted(message)
        if new:
            network = await self.networks.of(serving_address(message))
            new = await note_measurement(self.catalog, message, network)
        metrics.MEASUREMENTS.labels(message.purpose, message.result if new else "known").inc()

    async def _is_wanted(self, message: DownloadMeasured) -> bool:
        """Whether a measurement is not that of a crawl's task which was measured before."""
        return message.task is None or await claim_record(self.catalog, message, kept_time(message.measured_at))


@dataclass(frozen=True)
class Answers:
    """Records what came of the tasks of crawls."""

    catalog: Catalog
    #: Called after each, so that the crawl goes on at once.
    recorded: Callable[[], None]

    async def answered(self, message: ProbeAnswered) -> None:
        """Record an answer; one that is not waited for changes nothing."""
        if not await record_answer(self.catalog, message):
            log.info("crawl.answer_out_of_date", task=message.task, attempt=message.attempt)
            return
        metrics.CRAWL_ANSWERS.labels("done" if message.failure is None else "failed").inc()
        self.recorded()


def measurement_handlers(measurements: Measurements) -> Mapping[type[Message], Handler]:
    """Return the handlers of the queue of measurements, by message."""
    return {DownloadMeasured: measurements.measured}


def answer_handlers(answers: Answers) -> Mapping[type[Message], Handler]:
    """Return the handlers of the queue of answers, by message."""
    return {ProbeAnswered: answers.answered}
