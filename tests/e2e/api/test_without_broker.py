"""The API without the broker: it serves what needs only the catalog, and says what is missing."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from dev.faults.proxy import HEALTHY, Fault, FaultProxy
from dev.processes.program import RunningProgram, answers_http
from dev.processes.service_programs import services
from dev.stack import Stack
from shared.storage.s3.objects import ObjectStore
from tests.e2e.pipeline import eventually
from tests.integration.conftest import settings_of

AWAY = Fault(refused=True)
#: Requests that need only the catalog.
PAGES = ("/", "/v1/status", "/v1/overview", "/v1/playlists", "/v1/videos", "/v1/breakers", "/v1/parked", "/v1/keys")


class Api:
    """An API of its own, whose broker can go away."""

    def __init__(self, proxy: FaultProxy, found: dict[str, str], store: ObjectStore) -> None:
        self._proxy = proxy
        #: Whose bucket nobody has made yet.
        self.store = store
        self.metrics_url = found["API_LONELY_METRICS_URL"]
        headers = {"Authorization": f"Bearer {found['API_KEY']}"}
        self.http = httpx.Client(base_url=found["API_LONELY_URL"], headers=headers, trust_env=False, timeout=60)

    def broker_goes(self) -> None:
        self._proxy.set(AWAY)
        self._proxy.cut()

    def broker_comes(self) -> None:
        self._proxy.set(HEALTHY)

    def readyz(self) -> tuple[int, dict[str, Any]]:
        answer = httpx.get(self.metrics_url.replace("/metrics", "/readyz"), trust_env=False, timeout=60)
        return answer.status_code, answer.json()

    def is_degraded(self, *names: str) -> bool:
        """Whether it lacks just these, and is ready."""
        status, answer = self.readyz()
        return (status, answer["ready"], set(answer["degraded"])) == (200, True, set(names))

    def submit(self) -> httpx.Response:
        return self.http.post("/v1/playlists", json={"url": "PLwithoutbroker"})


@pytest.fixture
def api(servers: Stack) -> Iterator[Api]:
    """Started while the broker is away already."""
    broker = urlsplit(servers.exports["RABBITMQ_URL_API"])
    assert broker.port is not None
    with FaultProxy(broker.port) as proxy:
        proxy.set(AWAY)
        exports = {**servers.exports, "MONGO_DATABASE": f"test-{uuid.uuid4().hex[:12]}", "STARTUP_WAIT_SECONDS": "1"}
        exports["RABBITMQ_URL_API"] = exports["RABBITMQ_URL_API"].replace(f":{broker.port}", f":{proxy.port}")
        s3 = settings_of(exports)
        store, exports["MINIO_BUCKET"] = ObjectStore(s3), s3.bucket
        [program], found = services(servers.state, exports, {}, ("api-lonely",))
        ready = answers_http(found["API_LONELY_METRICS_URL"].replace("/metrics", "/readyz"))
        running = RunningProgram(dataclasses.replace(program, ready=ready), servers.state.log_file(program.name))
        try:
            running.wait_ready()
            yield Api(proxy, found, store)
        finally:
            running.stop()


def assert_serves_without_the_broker(api: Api) -> None:
    for page in PAGES:
        answer = api.http.get(page)
        assert answer.status_code == 200, (page, answer.text)
    refused = api.submit()
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) > 0
    assert "Nothing was lost" in refused.json()["detail"]
    metrics = httpx.get(api.metrics_url, trust_env=False, timeout=60).text
    assert 'fonoteca_check_failing{check="broker"} 1.0' in metrics
    assert 'fonoteca_check_failing{check="catalog"} 0.0' in metrics


def test_the_dashboard_stays_while_the_broker_is_away(api: Api) -> None:
    assert api.is_degraded("broker", "events", "store"), "it began to serve without the broker, and without a bucket"
    assert_serves_without_the_broker(api)
    asyncio.run(api.store.ensure_bucket(10))
    api.broker_comes()
    eventually(api.is_degraded, "connection to the broker")
    assert api.submit().status_code == 202
    api.broker_goes()
    eventually(lambda: api.is_degraded("broker", "events"), "word of the broker's absence")
    assert_serves_without_the_broker(api)
    api.broker_comes()
    eventually(api.is_degraded, "return of the broker")
    assert api.submit().status_code == 202


def test_an_api_that_the_broker_never_admits_ends_with_the_sentence(servers: Stack) -> None:
    url = urlsplit(servers.exports["RABBITMQ_URL_API"])
    wrong = url._replace(netloc=f"api:another-password@{url.hostname}:{url.port}").geturl()
    environment = {**os.environ, **servers.exports, "RABBITMQ_URL": wrong, "API_KEY": "a key that is long enough"}
    environment |= {"METRICS_PORT": "0", "API_PORT": "0", "STARTUP_WAIT_SECONDS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "services.api"], env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    assert done.returncode == 78, done.stderr
    assert "refused the user name or password of RABBITMQ_URL" in done.stderr
    assert "has the passwords of that installation" in done.stderr
    assert "server.not_admitted_yet" in done.stderr + done.stdout, "it waited"
