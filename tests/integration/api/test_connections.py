"""Connections of a served API: clients that read nothing are dropped, with everything that was held for them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
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
from shared.runtime.http import Limits, serve_http

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


#: Seconds for which clients and proxies keep an unused connection: httpx; nginx, ingress-nginx and AWS's balancers.
KEPT_BY_CLIENTS = {5, 60}
GET = f"GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n\r\n".encode()


def sent(connection: socket.socket, data: bytes) -> bytes:
    """Send this. Returns the beginning of what comes; nothing: the connection was closed."""
    with contextlib.suppress(ConnectionError):
        connection.sendall(data)
        return connection.recv(65_536)
    return b""


def closed(connection: socket.socket) -> bool:
    """Read to the end."""
    with contextlib.suppress(ConnectionError):
        while connection.recv(65_536):
            pass
    return True


@pytest.mark.parametrize("further", [b"G", GET[:-2], b"\r\n"], ids=["letter", "head", "empty line"])
@pytest.mark.parametrize("at_once", [True, False], ids=["with a request", "after a response"])
async def test_idle_connections_are_kept_and_slow_requests_are_not(
    port: int, further: bytes, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as idle, socket.create_connection(("127.0.0.1", port)) as slow:
        for each in (idle, slow):
            each.settimeout(120)
        assert await asyncio.to_thread(sent, idle, GET)
        assert await asyncio.to_thread(sent, slow, GET + further if at_once else GET)
        monkeypatch.setattr(connections, "HEAD_SECONDS", 0)
        if not at_once:
            slow.sendall(further)
        assert await asyncio.to_thread(closed, slow)
        assert (await asyncio.to_thread(sent, idle, GET)).startswith(b"HTTP/1.1 200")


async def test_idle_connections_are_closed_after_clients_close_theirs(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert max(KEPT_BY_CLIENTS) < connections.IDLE_SECONDS
    monkeypatch.setattr("shared.runtime.http.IDLE_SECONDS", 1)
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    async with serve_http(app, "127.0.0.1", 0, "API") as port:
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.settimeout(120)
            assert await asyncio.to_thread(sent, idle, GET)
            assert await asyncio.to_thread(closed, idle)


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
