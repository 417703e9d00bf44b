"""The row of the dashboard about followed sources."""

from __future__ import annotations

from dev.dashboards.panels import WINDOW, Graph, Number, Row, per_minute

WATCH = Row(
    "Are followed sources looked at?",
    [
        Number(
            "Followed sources",
            "Those that are looked at; paused ones do not count. Bad: fewer than people follow.",
            "max(fonoteca_watch_sources)",
        ),
        Number(
            "Longest overdue look",
            "Bad: above an hour; then scrapers have no budget for looks, or the watch service does not run.",
            "max(fonoteca_watch_overdue_seconds)",
            "s",
            3600,
        ),
        Number(
            "Sources that fail",
            "Their last three looks or more failed. Bad: any that does not resolve by itself.",
            "max(fonoteca_watch_failing_sources)",
            bad_from=1,
        ),
        Number(
            "Silent sources",
            "They published nothing for five times their usual gap. Bad: one that is known to publish.",
            "max(fonoteca_watch_silent_sources)",
        ),
        Graph(
            "Looks per minute, by rung",
            "Bad: incremental or full instead of feed all the time; feeds fail then. Failed ones show their reason.",
            {
                "{{rung}}": per_minute("fonoteca_watch_looks_total", "rung"),
                "failed: {{reason}}": "60 * sum by (reason) "
                f'(rate(fonoteca_watch_looks_total{{outcome="failed"}}[{WINDOW}])) or vector(0)',
                "requested": "60 * sum(rate(fonoteca_watch_requested_total[5m]))",
            },
        ),
        Graph(
            "Requests of looks per minute, by rung",
            "Bad: many more than looks.",
            {"{{rung}}": per_minute("fonoteca_watch_requests_total", "rung")},
        ),
        Graph(
            "Subscriptions at hubs, by state",
            "All zero: pushes are off. Bad: refused ones that last; their sources are looked at on schedule alone.",
            {"{{state}}": "max by (state) (fonoteca_watch_subscriptions)"},
        ),
        Graph(
            "Pushes per minute",
            "Bad: wrong_signature. Each source is looked at once a minute at most, however many come.",
            {
                "{{outcome}}": per_minute("fonoteca_watch_pushes_total", "outcome"),
                "looks": "60 * sum(rate(fonoteca_watch_pushed_looks_total[5m]))",
            },
        ),
        Graph(
            "From publication to request and storing",
            "Half and 95 % of the new entries of followed sources are faster. Bad: growing; scrapers or budgets lag.",
            {
                "requested, half": "histogram_quantile(0.5, "
                f"sum by (le) (rate(fonoteca_scraper_request_lag_seconds_bucket[{WINDOW}])))",
                "stored, half": "histogram_quantile(0.5, "
                f"sum by (le) (rate(fonoteca_scraper_stored_lag_seconds_bucket[{WINDOW}])))",
                "stored, 95 %": "histogram_quantile(0.95, "
                f"sum by (le) (rate(fonoteca_scraper_stored_lag_seconds_bucket[{WINDOW}])))",
            },
            unit="s",
        ),
        Graph(
            "Entries found per minute",
            "New ones that were requested, those that filters left out, those that are gone, and recordings that their "
            "sources keep no longer. Bad: gone in a burst.",
            {
                "{{kind}}": per_minute("fonoteca_watch_entries_total", "kind"),
                "expired": "60 * sum(rate(fonoteca_watch_expired_total[5m]))",
            },
        ),
    ],
)
