"""Connections of a served API: clients that read nothing are dropped, with everything that was held for them."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.api.auth.authenticator import Authenticator
from services.api.backend import MAX_STREAMS_PER_KEY, Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.runtime import connections
from shared.runtime.connections import RESERVED_FILES, affordable
from shared.runtime.http import HttpServer, Limits, serve_http

KEY = "a key that is long enough"
VIDEO = "youtube:paused00001"
#: Far more than all buffers between the store and a client hold.
AUDIO = bytes(16 * 2**20)


@pytest.fixture
async def port(backend: Backend, tmp_path: Path) -> AsyncIterator[int]:
    """The port of an API with one long recording, and few connections."""
    path = tmp_path / "audio"
    path.write_bytes(AUDIO)
    await backend.store.put_file("audio/x/long.mp3", path, "audio/mpeg", {"sha256": "0" * 64})
    audio: Any = {"profile": "mp3-320", "key": "audio/x/long.mp3", "sha256": "0" * 64, "size_bytes": len(AUDIO)}
    video: Any = {"_id": VIDEO, "state": "stored", "title": "x", "audio": audio, "accession": 1}
    await backend.catalog.videos.insert_one(video)
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    async with serve_http(app, "127.0.0.1", 0, "API", Limits(connections=40, at_once=4)) as port:
        yield port


def paused(port: int, path: str) -> socket.socket:
    """A client that sends a request and reads nothing of the response."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode())
    return connection


async def until(condition: Callable[[], bool]) -> None:
    """Return when `condition` is true."""
    async with asyncio.timeout(120):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_client_that_pauses_loses_its_slot_and_the_stream_of_the_store(
    backend: Backend, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 1)
    listeners = [paused(port, f"/v1/videos/{VIDEO}/audio") for _ in range(3)]
    await until(lambda: backend.streams.held_by("API_KEY") == 3)
    await until(lambda: backend.streams.held == 0)
    for listener in listeners:
        listener.close()
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as http:
        assert (await http.get(f"/v1/videos/{VIDEO}/audio", timeout=120)).content == AUDIO
    await until(lambda: backend.streams.held == 0)


async def test_one_key_holds_a_part_of_the_streams_and_short_requests_are_answered(backend: Backend, port: int) -> None:
    listeners = [paused(port, f"/v1/videos/{VIDEO}/audio") for _ in range(MAX_STREAMS_PER_KEY)]
    await until(lambda: backend.streams.held_by("API_KEY") == MAX_STREAMS_PER_KEY)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as http:
        refused = await http.get(f"/v1/videos/{VIDEO}/audio", timeout=120)
        assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
        # A request that needs no stream is answered.
        assert (await http.head(f"/v1/videos/{VIDEO}/audio", timeout=120)).status_code == 200
    for listener in listeners:
        listener.close()
    await until(lambda: backend.streams.held == 0)


async def test_readers_that_pause_make_room_when_all_connections_are_taken(backend: Backend, port: int) -> None:
    listeners = [paused(port, f"/v1/videos/{VIDEO}/audio") for _ in range(MAX_STREAMS_PER_KEY)]
    await until(lambda: backend.streams.held_by("API_KEY") == MAX_STREAMS_PER_KEY)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as http:
        assert (await http.get("/v1/status", timeout=120)).status_code == 200
    # Connections without a request were dropped first.
    assert backend.streams.held_by("API_KEY") == MAX_STREAMS_PER_KEY
    for each in (*listeners, *silent):
        each.close()
    await until(lambda: backend.streams.held == 0)


GET = f"GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()
#: A request that has its response before its body has arrived.
POST = b"POST /v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
#: Seconds, longer than any test.
NEVER = 10**6


class Talk:
    """A client that says what it is told to."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self) -> int | None:
        """Read a whole response. Returns its status; None if the connection ends instead."""
        with contextlib.suppress(ConnectionError):
            if line := self._file.readline():
                headers = http.client.parse_headers(self._file)
                self._file.read(int(headers.get("Content-Length", 0)))
                return int(line.split()[1])
        return None

    async def ask(self, data: bytes = GET) -> int | None:
        """Send this, and read a whole response."""
        with contextlib.suppress(ConnectionError):
            self.send(data)
        return await asyncio.to_thread(self.read)

    def close(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def talk(port: int) -> Iterator[Callable[[], Talk]]:
    with contextlib.ExitStack() as stack:

        def new() -> Talk:
            client = Talk(port)
            stack.callback(client.close)
            return client

        yield new


async def early(client: Talk) -> None:
    """Get a response before the request has arrived as a whole."""
    assert await client.ask(POST) == 404
    client.send(b"{}")


@pytest.mark.parametrize("further", [b"G", GET[:-2], b"\r\n"], ids=["letter", "head", "empty line"])
@pytest.mark.parametrize("at_once", [True, False], ids=["with a request", "after a response"])
async def test_idle_connections_are_kept_and_slow_requests_are_not(
    talk: Callable[[], Talk], further: bytes, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle, answered_early, slow = talk(), talk(), talk()
    assert await idle.ask() == 200
    await early(answered_early)
    assert await slow.ask(GET + further if at_once else GET) == 200
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0)
    if not at_once:
        slow.send(further)
    assert await asyncio.to_thread(slow.read) in (None, 400)
    assert [await client.ask() for client in (idle, answered_early)] == [200, 200]


@pytest.mark.parametrize("way", ["after a response", "answered early"])
async def test_idle_connections_are_closed_in_the_end(
    backend: Backend, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.http.IDLE_SECONDS", 1)
    for limit in ("HEAD_SECONDS", "REQUEST_SECONDS"):
        monkeypatch.setattr(connections, limit, NEVER)
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    async with serve_http(app, "127.0.0.1", 0, "API") as port:
        client = Talk(port)
        if way == "answered early":
            await early(client)
        else:
            assert await client.ask() == 200
        assert await asyncio.to_thread(client.read) is None
        client.close()


@pytest.mark.parametrize(
    "kept_by", [5, 60, 90, 120, 300, 600], ids=["httpx", "nginx", "go", "caddy", "chrome", "google"]
)
def test_connections_are_kept_longer_than_by_clients_and_proxies(kept_by: int) -> None:
    server = HttpServer(None, "127.0.0.1", 0, Limits())
    assert server.config.timeout_keep_alive == connections.IDLE_SECONDS > kept_by


@pytest.mark.parametrize(("silent_seconds", "idle_seconds", "stays"), [(10, 10 * NEVER, 200), (NEVER, 1, None)])
async def test_a_full_server_drops_who_has_used_most_of_its_time(
    backend: Backend, silent_seconds: float, idle_seconds: float, stays: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients that send nothing push out none that is between two requests, nor do these keep new ones from asking."""
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    async with serve_http(app, "127.0.0.1", 0, "API", Limits(connections=3, at_once=1)) as port:
        monkeypatch.setattr(connections, "IDLE_SECONDS", idle_seconds)
        monkeypatch.setattr(connections, "HEAD_SECONDS", silent_seconds)
        # Nobody is dropped because of the time alone.
        monkeypatch.setattr(connections.Connections, "drop_overdue", lambda _: None)
        idle, *silent = [Talk(port) for _ in range(3)]
        assert await idle.ask() == 200
        newest = Talk(port)
        assert await newest.ask() == 200
        assert await idle.ask() == stays
        for each in (idle, newest, *silent):
            each.close()


@pytest.mark.parametrize(
    ("wanted", "files", "held"),
    [
        (2000, 1024, 1024 - RESERVED_FILES),
        (2000, 2**20, 2000),
        (2000, 256, 64),
        (16, 1024, 16),
        (100_000, 65_536, 65_536 - RESERVED_FILES),
    ],
)
def test_connections_leave_files_for_the_servers_behind(wanted: int, files: int, held: int) -> None:
    assert affordable(wanted, files) == held
