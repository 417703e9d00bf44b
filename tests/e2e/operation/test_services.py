"""Each service as a process: what it says when something is wrong, its metrics, its clean stop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cli.api.client import Client
from cli.api.measurements import Measurements
from cli.api.sources import Sources
from dev.generate import declared_metrics
from dev.ports import free_port
from dev.processes.program import Program, RunningProgram, answers_http
from dev.stack import Stack
from shared.following.definition import SourceDefinition
from shared.topology import ROUTES, WORK_QUEUES
from shared.topology.permissions import ROLES
from shared.topology.services import SERVICES
from tests.e2e.conftest import SETTINGS
from tests.e2e.pipeline import eventually, when_ended
from tests.site import requests_of


def environment(stack: Stack, **changes: str) -> dict[str, str]:
    base = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "MINIO_"))}
    return {**base, **stack.exports, "METRICS_PORT": "0", "STARTUP_WAIT_SECONDS": "1", **changes}


def start_and_end(service: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", f"services.{service}"], env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("service", "variable", "value", "code", "text"),
    [
        *((service, "RABBITMQ_URL", "", 78, "RABBITMQ_URL is not set") for service in SERVICES),
        ("retry", "RABBITMQ_URL", "http://host", 78, "RABBITMQ_URL is wrong"),
        ("retry", "RABBITMQ_URL", "amqp://a:b@127.0.0.1:9/v", 69, "correct RABBITMQ_URL"),
        ("scraper", "MONGO_URI", "mongodb://127.0.0.1:9/", 69, "correct MONGO_URI"),
        ("scraper", "MINIO_ENDPOINT", "127.0.0.1:9", 69, "correct MINIO_ENDPOINT"),
        ("scraper", "MINIO_ENDPOINT", "http://127.0.0.1:9", 78, "host:port of the S3 server, without a scheme"),
        ("scraper", "SCRAPER_WORK_FOLDER", "/proc/nowhere", 78, "SCRAPER_WORK_FOLDER"),
        ("sync", "AZURE_ACCOUNT_URL", "http://127.0.0.1:9/x", 69, "correct AZURE_ACCOUNT_URL"),
        ("sync", "AZURE_SAS_TOKEN", "sv=2021-08-06&sig=AAAA", 78, "refused AZURE_SAS_TOKEN"),
        ("api", "API_KEY", "short", 78, "API_KEY is wrong"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_the_cure(
    stack: Stack, service: str, variable: str, value: str, code: int, text: str
) -> None:
    done = start_and_end(service, environment(stack, **{variable: value}))
    assert done.returncode == code, done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def read(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        text: str = answer.read().decode()
    return text


def test_every_declared_metric_is_served_and_the_pipeline_moves_them(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    gone = {"id": "metrics0002", "title": "Gone", "trouble": "removed", "placeholder": False}
    url = add_to_site("PLmetrics0001", [{"id": "metrics0001", "title": "Counted"}, gone])
    client.submit(url)
    sources = Sources(client)
    sources.add(SourceDefinition(name="counted", address=url, every="1d"))
    when_ended(client, "youtube:PLmetrics0001", videos=2)
    eventually(lambda: sources.looks("counted", 1), "a look")
    sources.remove("counted")
    videos = ("youtube:metrics0001", "youtube:metrics0002")
    eventually(lambda: all(any(Measurements(client).newest({"video_id": id_})) for id_ in videos), "measurements")
    pages = {name: read(stack.exports[f"{name.upper()}_METRICS_URL"]) for name in SERVICES}
    for name, *_ in declared_metrics():
        owners = [service for service in SERVICES if name.startswith(f"fonoteca_{service}_")] or list(SERVICES)
        assert [service for service in SERVICES if f"# HELP {name} " in pages[service]] == owners, name
    moved = {
        "scraper": ['attempts_total{failure_class="",outcome="stored"', 'stage_seconds_count{stage="encode"}'],
        "retry": ["retry_decisions_total{", "fonoteca_build_info{"],
        "sync": ['sync_objects_total{outcome="mirrored",target="azure"}', "sync_lag_seconds_count"],
        "watch": ["watch_requested_total", 'watch_requests_total{rung="incremental"}'],
        "probe": ['probe_measurements_total{kind="archive",outcome="downloaded"}'],
        "api": ['playlists_submitted_total{outcome="accepted"}', 'route="/v1/playlists"'],
    }
    for service, series in moved.items():
        for text in series:
            assert re.search(re.escape(text) + r".* [1-9]", pages[service]), (service, text)
    assert "metrics0001" not in "".join(pages.values())
    for service, page in pages.items():
        # What a service takes it may also put off, which is a publish too.
        taken = {b.key for q in WORK_QUEUES if q.name in ROLES[service].takes_from for b in q.bindings}
        published = set(re.findall(r'fonoteca_messages_published_total\{.*type="([^"]+\.v\d+)"\} [1-9]', page))
        # No endpoint wants to be told here. What probe asks for depends on the crawls of other tests.
        assert service == "probe" or bool(published) == (service != "notify"), service
        assert {type_ for type_ in published - taken if service not in ROUTES[type_].senders} == set(), service


def test_each_service_signs_in_to_the_broker_as_itself(stack: Stack) -> None:
    for service in SERVICES:
        environment = psutil.Process(stack.programs[service].pid).environ()
        assert environment["RABBITMQ_URL"].startswith(f"amqp://{service}:"), service
        assert environment["RABBITMQ_DECLARE"] == "false"


def test_sync_without_azure_is_off_and_says_so(stack: Stack, tmp_path: Path) -> None:
    port = free_port()
    env = {**environment(stack), "AZURE_ACCOUNT_URL": "", "METRICS_PORT": str(port)}
    url = f"http://127.0.0.1:{port}/readyz"
    program = Program("sync-off", [sys.executable, "-m", "services.sync"], answers_http(url), env)
    running = RunningProgram(program, tmp_path / "log")
    try:
        running.wait_ready()
        assert '"mirror":"off: neither AZURE_ACCOUNT_URL nor MIRROR_S3_ENDPOINT is set"' in read(url)
    finally:
        running.stop()
    assert "mirror.off" in (tmp_path / "log").read_text()


def test_a_scraper_that_is_stopped_gives_its_video_back_uncharged(
    stack: Stack, client: Client, add_to_site: Callable[..., str]
) -> None:
    slow = {"id": "slowdrain01", "title": "Slow", "seconds": 60, "bytes_per_second": 60_000}
    client.submit(add_to_site("PLslowdrain01", [slow]))
    eventually(lambda: requests_of(stack, "media", "slowdrain01") > 0, "start of the slow download")
    scraper = stack.programs["scraper"]
    os.killpg(scraper.pid, signal.SIGTERM)
    eventually(lambda: not scraper.running(), "end of the scraper")
    stack.stop_programs(["scraper"])
    work = Path(stack.state.folder) / "work"
    assert list(work.iterdir()) == [], "its work folder is gone"
    stack.start_services(("scraper",), SETTINGS)
    [video] = when_ended(client, "youtube:PLslowdrain01", videos=1)
    assert (video["state"], video["attempts"]) == ("stored", 1)


def test_a_killed_scraper_loses_nothing(stack: Stack, client: Client, add_to_site: Callable[..., str]) -> None:
    slow = [{"id": f"killed{n:05}", "title": "x", "seconds": 20, "bytes_per_second": 100_000} for n in range(4)]
    client.submit(add_to_site("PLkilled00001", slow))
    eventually(lambda: requests_of(stack, "media", "killed00000") > 0, "start of a download")
    stack.programs["scraper"].kill()
    stack.programs.pop("scraper")
    stack.start_services(("scraper",), SETTINGS)
    videos = when_ended(client, "youtube:PLkilled00001", videos=4)
    assert {v["state"] for v in videos} == {"stored"}
    work = Path(stack.state.folder) / "work"
    assert len(list(work.iterdir())) == 1, "the dead scraper's folder is gone"
