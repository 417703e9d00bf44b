"""Every server at an IPv6 address, as it is written in settings: in brackets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from cli.api.client import Address, Client
from dev.stack import Stack
from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.connection import connect as connect_catalog
from shared.errors import Misconfigured, Unavailable
from shared.messaging.connection import connect as connect_broker
from shared.runtime.http import listener, serve_http
from shared.settings import AzureSettings, BrokerSettings, MongoSettings, ObjectStoreSettings, RuntimeSettings, load
from shared.storage.azure.blobs import BlobMirror
from shared.storage.s3.objects import ObjectStore


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


pytestmark = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 on loopback")
KEY = "a key that is long enough"
Opened = Callable[[str], Awaitable[str]]


@pytest.fixture
async def at_ipv6() -> AsyncIterator[Opened]:
    """Gives a server of 127.0.0.1 another port on ::1; at_ipv6("127.0.0.1:5672") returns "[::1]:PORT"."""
    async with AsyncExitStack() as stack:

        async def opened(place: str) -> str:
            host, _, port = place.rpartition(":")

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                to_reader, to_writer = await asyncio.open_connection(host, int(port))
                await asyncio.gather(_pass_on(reader, to_writer), _pass_on(to_reader, writer))

            server = await asyncio.start_server(serve, "::1", 0)
            stack.callback(server.close)
            return f"[::1]:{server.sockets[0].getsockname()[1]}"

        yield opened


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def test_the_broker(integration_broker: BrokerSettings, at_ipv6: Opened) -> None:
    url = integration_broker.url.get_secret_value()
    place = urlsplit(url).netloc.rpartition("@")[2]
    settings = load(BrokerSettings, {"url": url.replace(place, await at_ipv6(place))})
    async with await connect_broker(settings, "tests", 10) as broker:
        assert not broker.is_closed


async def test_a_broker_that_is_away_is_named_as_it_is_written() -> None:
    with pytest.raises(Unavailable, match=r"RabbitMQ at \[::1\]:9/v"):
        await connect_broker(load(BrokerSettings, {"url": "amqp://a:b@[::1]:9/v"}), "tests", 0)


async def test_the_database(mongo: MongoSettings, at_ipv6: Opened) -> None:
    uri = mongo.uri.get_secret_value()
    place = urlsplit(uri).netloc
    settings = load(MongoSettings, {"uri": uri.replace(place, await at_ipv6(place)), "database": mongo.database})
    catalog = await connect_catalog(settings, "tests", 10)
    try:
        assert await catalog.problem() is None
    finally:
        await catalog.drop()
        await catalog.close()


async def test_the_object_store(s3: ObjectStoreSettings, at_ipv6: Opened) -> None:
    store = ObjectStore(s3.model_copy(update={"endpoint": await at_ipv6(s3.endpoint)}))
    await store.ensure_bucket(10)
    assert await store.problem() is None


async def test_the_mirror_with_a_token_and_with_the_accounts_key(
    servers: Stack, azure: AzureSettings, at_ipv6: Opened
) -> None:
    assert azure.account_url is not None
    assert azure.sas_token is not None
    place = urlsplit(azure.account_url).netloc
    url = azure.account_url.replace(place, await at_ipv6(place))
    key = servers.state.keep_secret("azurite", "")
    for opens in ({"sas_token": azure.sas_token}, {"account_key": key}):
        mirror = BlobMirror(load(AzureSettings, {"account_url": url, "container": azure.container, **opens}))
        try:
            await mirror.ensure_container(10)
            assert await mirror.problem() is None
        finally:
            await mirror.close()


@pytest.mark.parametrize("host", ["::1", "[::1]", "localhost", "::", "0.0.0.0"])
async def test_the_api_listens_wherever_it_is_told_to(backend: Backend, host: str) -> None:
    settings = load(ApiSettings, {"host": host, "port": 0, "key": KEY})
    app = web_app(backend, Authenticator(settings))
    async with serve_http(app, settings.host, settings.port, "API") as port:
        for name in {"::1": ["[::1]"], "[::1]": ["[::1]"], "::": ["[::1]", "127.0.0.1"]}.get(host, ["127.0.0.1"]):
            found = await asyncio.to_thread(Client(Address(f"http://{name}:{port}", KEY)).status)
            assert found["playlists"] == 0


async def test_the_command_line_asks_its_own_machine_without_a_proxy(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    async with serve_http(app, "::", 0, "API") as port:
        for host in ("[::1]", "127.0.0.1", "localhost"):
            assert await asyncio.to_thread(Client(Address(f"http://{host}:{port}", KEY)).keys) == []


async def test_metrics_are_served_there(backend: Backend) -> None:
    settings = load(RuntimeSettings, {"metrics_host": "[::1]", "metrics_port": 0})
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    async with (
        serve_http(app, settings.metrics_host, settings.metrics_port, "METRICS") as port,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        assert (await http.get(f"http://[::1]:{port}/")).status_code == 200


def test_a_port_that_is_taken_is_named_with_its_address() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=rf"API_HOST or API_PORT is wrong: .* \[::1\]:{port}: .*in use"):
            listener("::1", port, "API")
