"""The RabbitMQ dashboard: what matters to Fonoteca. RabbitMQ's own project has dashboards that show everything."""

from __future__ import annotations

from dev.dashboards.panels import WINDOW, Graph, Number, Row, dashboard_json

ALARMS = Row(
    "Does it take messages?",
    [
        Number(
            "Memory alarm",
            "Bad: 1; publishers wait until memory is free.",
            "max(rabbitmq_alarms_memory_used_watermark)",
            bad_from=1,
        ),
        Number(
            "Disk alarm",
            "Bad: 1; publishers wait until there is room.",
            "max(rabbitmq_alarms_free_disk_space_watermark)",
            bad_from=1,
        ),
        Number(
            "Connections",
            "One for each service. Bad: fewer than services, or constant growth.",
            "sum(rabbitmq_connections)",
        ),
    ],
)
CONTENT = Row(
    "What does it hold?",
    [
        Graph(
            "Messages ready",
            "In work queues and in the delay tree. Bad: a million; each costs about 1.4 kB of memory.",
            {"ready": "sum(rabbitmq_queue_messages_ready)", "unacknowledged": "sum(rabbitmq_queue_messages_unacked)"},
        ),
        Graph(
            "Messages per second",
            "From services, to them, and moved inside the delay tree. Bad: received without delivered.",
            {
                "received": f"sum(rate(rabbitmq_global_messages_received_total[{WINDOW}]))",
                "delivered": f"sum(rate(rabbitmq_global_messages_delivered_total[{WINDOW}]))",
                "handed on": f"sum(rate(rabbitmq_global_messages_dead_lettered_confirmed_total[{WINDOW}]))",
            },
        ),
    ],
)
RESOURCES = Row(
    "Does it have what it needs?",
    [
        Graph(
            "Memory",
            "Bad: near its limit (40 % of the machine's by default).",
            {"{{instance}}": "rabbitmq_process_resident_memory_bytes"},
            "bytes",
        ),
        Graph("Disk", "Bad: near its limit.", {"{{instance}}": "rabbitmq_disk_space_available_bytes"}, "bytes"),
        Graph(
            "Channels and open files",
            "Bad: ever more.",
            {"channels": "sum(rabbitmq_channels)", "files": "sum(rabbitmq_process_open_fds)"},
        ),
    ],
)
ROWS = (ALARMS, CONTENT, RESOURCES)


def rabbitmq() -> str:
    """Return the dashboard's JSON."""
    return dashboard_json("fonoteca-rabbitmq", "Fonoteca: RabbitMQ", "The broker: what matters to Fonoteca.", ROWS)
