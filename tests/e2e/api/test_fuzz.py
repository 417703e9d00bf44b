"""The running API under random requests: no 5xx, and no answer that its OpenAPI document does not describe."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.api.client import Client
from cli.api.crawls import CrawlRequests
from cli.api.sources import Sources
from dev.install import ROOT, VENV
from dev.stack import Stack
from tests.e2e.conftest import SETTINGS

METHODS = ("get", "head", "post", "put", "delete")
#: Requests made for each route and phase.
EXAMPLES = "10"
#: Seconds within which it has ended.
LIMIT = 500
#: An API that never answers 429: this test is about its other answers.
PATIENT = {"API_REQUESTS_PER_MINUTE": "10000000", "API_WRONG_KEYS_PER_MINUTE": "10000000"}
#: All but one: that an address is no playlist's, or a cursor another list's, no schema can say.
LEFT_OUT = "positive_data_acceptance"


#: A body that breaks its schema may also be too long to be read.
REJECTED = "[checks.negative_data_rejection]\nexpected-statuses = [400, 401, 403, 404, 406, 413, 422, 428, '5xx']\n"


@pytest.fixture
def patient_api(stack: Stack, client: Client) -> Iterator[str]:
    """The address of such an API, on the servers of this run."""
    stack.start_services(("api-fuzzed",), {**SETTINGS, **PATIENT})
    yield stack.exports["API_FUZZED_URL"]
    stack.stop_programs(["api-fuzzed"])
    # Nobody should go on looking at them.
    sources = Sources(client)
    for source in list(sources.all()):
        sources.remove(source["name"])
    crawls = CrawlRequests(client)
    for crawl in crawls.newest():
        crawls.stop(crawl["name"])


def test_no_request_brings_an_undocumented_answer(stack: Stack, patient_api: str, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(REJECTED)
    done = subprocess.run(
        [
            str(VENV / "bin/schemathesis"),
            "run",
            f"{patient_api}/v1/openapi.json",
            *("--header", f"Authorization: Bearer {stack.exports['API_KEY']}"),
            # A stream of events has no end; test_events.py listens to it.
            *("--exclude-path", "/v1/events"),
            *("--checks", "all", "--exclude-checks", LEFT_OUT),
            *("--max-examples", EXAMPLES),
            "--continue-on-failure",
            "--generation-database=none",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    # It did ask: a check that asks nothing cannot fail.
    assert f"Tested: {operations()}\n" in done.stdout, done.stdout[-3000:]


def operations() -> int:
    """How many operations the document has besides the one that is left out."""
    paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    return sum(name in METHODS for path, item in paths.items() if path != "/v1/events" for name in item)
