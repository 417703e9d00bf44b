"""Compares the metrics of the services with what the servers hold."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

from cli.audit.rules import Violation
from cli.errors import UNREACHABLE, CliError

#: Seconds allowed for the request.
REQUEST_SECONDS = 10
#: Metric set by every sweep of the retry service.
TOTALS = "fonoteca_retry_videos"


def differing_totals(url: str, states: Mapping[str, int]) -> list[Violation]:
    """Return violations for totals of the retry service's last sweep that differ; meaningful in an idle system only.

    Raises CliError if the metrics cannot be read.
    """
    try:
        text = httpx.get(url, timeout=REQUEST_SECONDS, trust_env=False).raise_for_status().text
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CliError(
            f"The metrics at {url} cannot be read: {error}. Name the retry service's /metrics.",
            UNREACHABLE,
        ) from error
    totals = {
        sample.labels["state"]: int(sample.value)
        for family in text_string_to_metric_families(text)
        if family.name == TOTALS
        for sample in family.samples
    }
    return [
        Violation(
            "metrics-differ", state, f"the retry service counts {totals.get(state, 0)} {state}; there are {number}"
        )
        for state, number in states.items()
        if totals.get(state, 0) != number
    ]
