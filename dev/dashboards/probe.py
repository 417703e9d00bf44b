"""The row of the dashboard about measurements of downloads."""

from __future__ import annotations

from dev.dashboards.panels import Graph, Number, Row, per_minute

PROBE = Row(
    "How well do videos download?",
    [
        Number(
            "Slowest egress",
            "Its rate of the last hours divided by its usual rate. Bad: below a half for an hour.",
            "min(fonoteca_probe_slowest_share)",
            "percentunit",
        ),
        Graph(
            "Measurements per minute, by outcome",
            "Bad: none while videos are downloaded.",
            {"{{outcome}}": per_minute("fonoteca_probe_measurements_total", "outcome")},
        ),
        Graph(
            "Tasks of crawls per minute",
            "Bad: requested and not answered.",
            {
                "{{kind}} requested": per_minute("fonoteca_probe_crawl_requests_total", "kind"),
                "{{outcome}}": per_minute("fonoteca_probe_crawl_answers_total", "outcome"),
            },
        ),
        Number("Crawls that run", "Bad: one that you have forgotten.", "sum(fonoteca_probe_crawls_running)"),
        Graph(
            "Roll-ups and deletions per minute",
            "Bad: no roll-up while measurements come in.",
            {
                "hours rolled up": per_minute("fonoteca_probe_rolled_up_hours_total"),
                "measurements deleted": per_minute("fonoteca_probe_deleted_measurements_total"),
            },
        ),
    ],
)
