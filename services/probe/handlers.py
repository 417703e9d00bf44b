"""Message → function. No handler acks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.measurements.records import note_measurement
from shared.contracts import DownloadMeasured, Message
from shared.messaging.settlement import Handler


@dataclass(frozen=True)
class Measurements:
    """Keeps what scrapers measured."""

    catalog: Catalog

    async def measured(self, message: DownloadMeasured) -> None:
        """Keep a measurement; one that was told before changes nothing."""
        new = await note_measurement(self.catalog, message)
        metrics.MEASUREMENTS.labels(message.purpose, message.result if new else "known").inc()


def handlers(measurements: Measurements) -> Mapping[type[Message], Handler]:
    """Return the handlers by message."""
    return {DownloadMeasured: measurements.measured}
