"""Fixtures for tests of one part against its real server."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from multiprocessing import forkserver
from typing import Any

import pytest
from aio_pika.abc import AbstractRobustConnection
from pydantic import SecretStr

from dev.install import RGW_PROGRAMS, missing
from dev.processes.program import RunningProgram
from dev.servers.rgw import rgw
from dev.stack import Stack
from dev.state import State
from services.api.backend import Backend, Servers, new_backend
from shared.catalog.connection import Catalog
from shared.messaging.connection import connect
from shared.messaging.declare import declare
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings, BrokerSettings, ObjectStoreSettings, SourceSettings
from shared.storage.s3.objects import ObjectStore
from shared.topology import EVENT_STREAMS, QUEUES
from tests.site import add_playlist_to_site
from tests.state_folders import state_folder


@pytest.fixture
async def broker(integration_broker: BrokerSettings) -> AsyncIterator[AbstractRobustConnection]:
    """A connection with the topology declared and every queue empty."""
    connection = await connect(integration_broker, "tests", 10)
    async with connection:
        await declare(connection)
        channel = await connection.channel()
        # A stream cannot be purged: its readers tell what is theirs by its content.
        for queue in (queue for queue in QUEUES if queue not in EVENT_STREAMS):
            await (await channel.get_queue(queue.name, ensure=False)).purge()
        await channel.close()
        yield connection


@pytest.fixture
async def publisher(broker: AbstractRobustConnection) -> Publisher:
    """A publisher on that connection."""
    return await Publisher.open(broker, "tests", 10)


@pytest.fixture
def s3(servers: Stack) -> ObjectStoreSettings:
    """A bucket of this test's own."""
    return settings_of(servers.exports)


def settings_of(exports: Mapping[str, str]) -> ObjectStoreSettings:
    """A new bucket's name at a server."""
    return ObjectStoreSettings(
        endpoint=exports["MINIO_ENDPOINT"],
        access_key=SecretStr(exports["MINIO_ACCESS_KEY"]),
        secret_key=SecretStr(exports["MINIO_SECRET_KEY"]),
        bucket=f"test-{uuid.uuid4().hex[:12]}",
        secure=False,
    )


@pytest.fixture
async def store(s3: ObjectStoreSettings) -> ObjectStore:
    """An object store with that bucket."""
    store = ObjectStore(s3)
    await store.ensure_bucket(10)
    return store


@pytest.fixture
async def backend(
    catalog: Catalog, broker: AbstractRobustConnection, publisher: Publisher, store: ObjectStore
) -> Backend:
    """What the API works with, with nobody feeding its events."""
    return new_backend(Servers(catalog, publisher, partial(depth, broker), store), SourceSettings(relist_seconds=0))


@pytest.fixture
def azure(servers: Stack) -> AzureSettings:
    """A container of this test's own."""
    exports = servers.exports
    return AzureSettings(
        account_url=exports["AZURE_ACCOUNT_URL"],
        sas_token=SecretStr(exports["AZURE_SAS_TOKEN"]),
        container=f"test-{uuid.uuid4().hex[:12]}",
    )


@pytest.fixture
def add_playlist(servers: Stack) -> Callable[..., str]:
    """Puts a playlist on the local site and returns its address: add_playlist(id, [video, …])."""
    return partial(add_playlist_to_site, servers)


#: Process ids of fork servers that know the way to the local site: one keeps the environment it began with.
_FORK_SERVERS: set[int | None] = set()
#: The one of this process; Python's own tests end it in this way.
_fork_server: Any = vars(forkserver)["_forkserver"]


@pytest.fixture
def through_the_site(servers: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Lets yt-dlp in this process and its workers reach the local site and nothing else."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, servers.exports["FONOTECA_SITE_PROXY"])
    monkeypatch.setenv("SSL_CERT_FILE", servers.exports["FONOTECA_SITE_CA"])
    if _fork_server._forkserver_pid not in _FORK_SERVERS:
        _fork_server._stop()
    yield
    _FORK_SERVERS.add(_fork_server._forkserver_pid)


@pytest.fixture(scope="session")
def strict_s3() -> Iterator[dict[str, str]]:
    """The strict S3 server, which checks rights; started alone, in seconds. Ceph's packages are not in every setup."""
    if absent := missing(RGW_PROGRAMS):
        pytest.skip(f"these are missing: {', '.join(absent)}; `make setup S3=rgw` installs them")
    with state_folder("tests-rgw") as folder:
        state = State(folder)
        programs, exports = rgw(state)
        running = [RunningProgram(program, state.log_file(program.name)) for program in programs]
        try:
            for each in running:
                each.wait_ready()
            yield exports
        finally:
            for each in reversed(running):
                each.stop()
            state.release()


@pytest.fixture(params=["light", "strict"])
def any_s3(request: pytest.FixtureRequest, s3: ObjectStoreSettings) -> ObjectStoreSettings:
    """A bucket that is not there yet, at each of the two servers."""
    if request.param == "light":
        return s3
    return settings_of(request.getfixturevalue("strict_s3"))
