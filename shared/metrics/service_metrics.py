"""Selects the metrics that a service exports. Every service imports all metrics, and would export zeros of others."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY, Metric
from prometheus_client.registry import Collector

from shared.topology.services import SERVICES


class ServiceMetrics(Collector):
    """Exports the metrics of one service and those that every service has.

    A metric whose name begins with a service belongs only to that service.
    """

    def __init__(self, service: str) -> None:
        self._others = tuple(f"fonoteca_{name}_" for name in SERVICES if name != service)

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics, as prometheus_client requires."""
        return (family for family in REGISTRY.collect() if not family.name.startswith(self._others))
