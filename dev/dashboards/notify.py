"""The row of the dashboard about endpoints that are told of events."""

from __future__ import annotations

from dev.dashboards.panels import WINDOW, Graph, Number, Row, per_minute

NOTIFY = Row(
    "Are other programs told of events?",
    [
        Number(
            "Paused endpoints",
            "After failures; a person resumes them. Bad: any.",
            "max(fonoteca_notify_paused_endpoints)",
            bad_from=1,
        ),
        Number(
            "Failing endpoints",
            "Paused, or their last delivery failed for good. Bad: any.",
            "max(fonoteca_notify_failing_endpoints)",
            bad_from=1,
        ),
        Graph(
            "Deliveries per minute, by outcome",
            "Bad: retried or failed instead of delivered.",
            {"{{outcome}}": per_minute("fonoteca_notify_deliveries_total", "outcome")},
        ),
        Graph(
            "Time from an event to its delivery",
            "Half of them, and 95 of 100. Bad: above a minute while endpoints answer.",
            {
                name: f"histogram_quantile({share}, sum by (le) (rate(fonoteca_notify_lag_seconds_bucket[{WINDOW}])))"
                for name, share in (("half", 0.5), ("95 of 100", 0.95))
            },
            "s",
        ),
    ],
)
