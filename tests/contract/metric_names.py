"""The names of all metrics that a query may ask for: those the code declares, and those of the servers beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import promql_parser
from prometheus_client import Counter, Gauge, Histogram, Info

from shared import metrics

#: Of RabbitMQ's plugin rabbitmq_prometheus (3.10), and of Prometheus itself.
OTHERS = {
    "rabbitmq_alarms_free_disk_space_watermark",
    "rabbitmq_alarms_memory_used_watermark",
    "rabbitmq_channels",
    "rabbitmq_connections",
    "rabbitmq_disk_space_available_bytes",
    "rabbitmq_global_messages_confirmed_total",
    "rabbitmq_global_messages_dead_lettered_confirmed_total",
    "rabbitmq_global_messages_delivered_total",
    "rabbitmq_global_messages_received_total",
    "rabbitmq_process_open_fds",
    "rabbitmq_process_resident_memory_bytes",
    "rabbitmq_queue_messages_ready",
    "rabbitmq_queue_messages_unacked",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "up",
}
_ENDINGS = {Counter: ("_total",), Gauge: ("",), Info: ("_info",), Histogram: ("_bucket", "_sum", "_count")}


def known_metrics() -> set[str]:
    """Every series' name."""
    ours = {
        metric._name + ending
        for metric in vars(metrics).values()
        if isinstance(metric, (Counter, Gauge, Histogram, Info))
        for ending in _ENDINGS[type(metric)]
    }
    return ours | OTHERS


def metrics_in(query: str) -> set[str]:
    """The metrics that a PromQL expression asks for."""
    return set(_names(promql_parser.parse(query)))


def _names(expression: Any) -> Iterator[str]:
    if isinstance(expression, promql_parser.VectorSelector):
        yield expression.name or ""
    for part in ("expr", "lhs", "rhs", "vector_selector"):
        if (inner := getattr(expression, part, None)) is not None:
            yield from _names(inner)
    for argument in getattr(expression, "args", ()):
        yield from _names(argument)
