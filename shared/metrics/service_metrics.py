"""Which metrics a service shows. All services import all of them, so most would show zeros of others."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY, Metric
from prometheus_client.registry import Collector

from shared.topology.services import SERVICES


class ServiceMetrics(Collector):
    """The metrics of one service, and those that every service has.

    A metric named after a service is that service's alone.
    """

    def __init__(self, service: str) -> None:
        self._others = tuple(f"fonoteca_{name}_" for name in SERVICES if name != service)

    def collect(self) -> Iterable[Metric]:
        """What prometheus_client asks for."""
        return (family for family in REGISTRY.collect() if not family.name.startswith(self._others))
