"""The probe service's metrics: measurements of downloads."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

MEASUREMENTS = Counter(
    "fonoteca_probe_measurements_total",
    "Measurements received, by kind (archive, probe) and outcome: downloaded, failed, known (told before).",
    ["kind", "outcome"],
)
CRAWLS_RUNNING = Gauge("fonoteca_probe_crawls_running", "Crawls that run, at the replica that plans them; else 0.")
CRAWL_REQUESTS = Counter("fonoteca_probe_crawl_requests_total", "Tasks of crawls that were requested.", ["kind"])
CRAWL_ANSWERS = Counter("fonoteca_probe_crawl_answers_total", "Tasks of crawls that were answered.", ["outcome"])
ROLLED_UP_HOURS = Counter("fonoteca_probe_rolled_up_hours_total", "Roll-ups made, each of one hour.")
DELETED_MEASUREMENTS = Counter(
    "fonoteca_probe_deleted_measurements_total", "Single measurements deleted after PROBE_KEEP_DAYS."
)
SLOWEST_SHARE = Gauge(
    "fonoteca_probe_slowest_share",
    "The rate of the last hours divided by the usual rate, of the egress and source where that is least. 1: as usual, "
    "or too little was downloaded to say.",
)
