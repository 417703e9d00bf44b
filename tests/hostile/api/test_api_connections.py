"""Clients that hold connections: by sending nothing, slowly, without end, or by reading nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.stack import Stack
from shared.runtime.connections import raise_file_limit
from tests.hostile.api_process import FILES, PATIENCE, Api, opened, read_to_end, running_api
from tests.hostile.conftest import FULL

#: Half-open connections at once: three times as many as the API may open files, or somewhat more.
HALF_OPEN = 3000 if FULL else 1200
#: Seconds between two pieces of what is sent slowly.
APART = 0.3


@pytest.fixture(scope="module")
def api(servers: Stack) -> Iterator[Api]:
    """An API that may open 1,024 files."""
    raise_file_limit()
    with running_api(servers, "connections") as running:
        yield running


GET = b"GET /v1/status HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
#: What is sent at once, and what is sent after it again and again, slowly. Nothing of it is a whole request.
SLOW: dict[str, tuple[bytes, bytes]] = {
    "nothing": (b"", b""),
    "one letter": (b"G", b""),
    "a request line, letter by letter": (b"GET /", b"a"),
    "a method, letter by letter": (b"", b"G"),
    "header after header": (GET, b"X-Slow: yes\r\n"),
    "a header, letter by letter": (GET + b"X-Slow: ", b"a"),
    "a header that is folded without end": (GET + b"X-Slow: a\r\n", b" b\r\n"),
    "a head without its end": (GET, b""),
    "a head but for its last letter": (GET + b"\r", b""),
    "empty lines": (b"", b"\r\n"),
    "a whole request, then half a one": (GET + b"\r\n" + GET, b""),
    "a whole request, then letters": (GET + b"\r\nGET /", b"a"),
    "a body that never begins": (POST + b"Content-Length: 100\r\n\r\n", b""),
    "a body, letter by letter": (POST + b"Content-Length: 60000\r\n\r\n", b"a"),
    "a body but for its last letter": (POST + b"Content-Length: 3\r\n\r\n{}", b""),
    "a body that waits to be asked for": (POST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n", b""),
    "a question with a body that never comes": (GET + b"Content-Length: 9\r\n\r\n", b""),
    "a page with a body that comes slowly": (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", b"a"),
    "a body that is too large, slowly": (POST + b"Content-Length: 999999999\r\n\r\n", b"a" * 1000),
    "pieces without end": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "a piece without end": (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", b"a" * 1000),
    "trailers without end": (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Slow: yes\r\n"),
    "HEAD without its end": (b"HEAD /v1/status HTTP/1.1\r\n", b""),
    "an older version, without its end": (b"GET / HTTP/1.0\r\n", b"A: b\r\n"),
}
#: What is no request at all, or too much of one: it is answered with a refusal or not at all, and closed.
WRONG: dict[str, bytes] = {
    "a header of a megabyte": GET + b"X-Large: " + b"a" * 2**20,
    "ten thousand headers": GET + b"".join(b"X-%d: y\r\n" % number for number in range(10_000)),
    "an address of a megabyte": b"GET /" + b"a" * 2**20,
    "a greeting of TLS": bytes.fromhex("1603010200010001fc0303") + bytes(500),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "zeros": bytes(100_000),
    "a header with a zero": GET + b"X-Zero: a\0b\r\n\r\n",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length below nothing": POST + b"Content-Length: -1\r\n\r\n",
    "a length that is no number": POST + b"Content-Length: ten\r\n\r\n",
    "a length and pieces": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "letters without an end of line": b"A" * 2**20,
    "text of another language": "ƉƆ ƆŊŊ\r\n\r\n".encode(),
}


async def _until_closed(api: Api, sends: bytes, drips: bytes) -> bytes:
    """What the API answers until it closes the connection."""
    reader, writer = await asyncio.open_connection(*api.address)

    async def drip() -> None:
        while drips:
            writer.write(drips)
            await writer.drain()
            await asyncio.sleep(APART)

    dripping: asyncio.Task[None] | None = None
    found = bytearray()
    # Closed with some of it unread, the connection is reset.
    with contextlib.suppress(ConnectionError):
        writer.write(sends)
        await writer.drain()
        dripping = asyncio.create_task(drip())
        while piece := await reader.read(65_536):
            found += piece
    if dripping is not None:
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return bytes(found)


async def test_a_client_that_sends_no_complete_request_is_dropped(api: Api, inputs: Callable[[int], None]) -> None:
    inputs(len(SLOW))

    async def closed(name: str) -> str | None:
        try:
            async with asyncio.timeout(PATIENCE):
                await _until_closed(api, *SLOW[name])
        except TimeoutError:
            return name
        return None

    held = [name for name in await asyncio.gather(*map(closed, SLOW)) if name is not None]
    assert held == [], "these hold their connections"
    await asyncio.to_thread(api.is_well)
    assert await asyncio.to_thread(api.metric, 'fonoteca_api_connections_dropped_total{reason="slow"}') > 0


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_no_request_is_refused_and_closed(api: Api, name: str) -> None:
    async with asyncio.timeout(PATIENCE):
        answer = await _until_closed(api, WRONG[name], b"")
    assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), answer[:100]
    await asyncio.to_thread(api.is_well)


def test_a_connection_stays_what_it_is(api: Api) -> None:
    """One that became a WebSocket would be out of sight of all bounds."""
    upgrade = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YWJj\r\n\r\n"
    )
    with opened(api.address, GET + upgrade) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 401")


#: How a connection can be half open.
HALVES = {"silent": b"", "half a head": GET, "half a body": POST + b"Content-Length: 100\r\n\r\n{"}


@pytest.mark.parametrize("half", HALVES)
def test_half_open_connections_keep_nobody_out(api: Api, half: str, inputs: Callable[[int], None]) -> None:
    inputs(HALF_OPEN)
    with contextlib.ExitStack() as stack:
        for number in range(HALF_OPEN):
            stack.enter_context(opened(api.address, HALVES[half]))
            if number % 300 == 299:
                api.is_well()
                assert api.files() < FILES
        api.is_well()
    assert "out of system resource" not in api.log.read_text()
    assert "Too many open files" not in api.log.read_text()


def test_the_port_for_health_withstands_the_same(api: Api, inputs: Callable[[int], None]) -> None:
    inputs(HALF_OPEN)
    with contextlib.ExitStack() as stack:
        for number in range(HALF_OPEN):
            stack.enter_context(opened(api.health_address, HALVES["half a head"]))
            if number % 300 == 299:
                api.is_well()
        api.is_well()
        assert api.files() < FILES


def test_the_work_goes_on_behind_half_open_connections(api: Api) -> None:
    """Broker and catalog are reached while all connections are taken."""
    with contextlib.ExitStack() as stack:
        for _ in range(HALF_OPEN):
            stack.enter_context(opened(api.address))
        with api.http() as client:
            answer = client.post("/v1/playlists", json={"url": "PLhalfopen001"})
            assert answer.status_code == 202
            assert client.get("/v1/playlists/youtube:PLhalfopen001").json()["state"] == "accepted"


def _authorized(api: Api, path: str, **headers: str) -> bytes:
    lines = {"Host": "x", "Authorization": f"Bearer {api.key}", **headers}
    head = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""]
    return "\r\n".join(head).encode()


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/", "/main.js", "/v1/status"])
def test_pipelined_requests_are_answered_in_their_order(api: Api, path: str) -> None:
    number = 50
    with opened(api.address, _authorized(api, path) * number + _authorized(api, path, Connection="close")) as each:
        answers = read_to_end(each)
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == number + 1


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/main.js", "/v1/videos", "/v1/status"])
def test_a_client_that_pipelines_and_reads_nothing_takes_no_memory(api: Api, path: str) -> None:
    before = api.memory()
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(opened(api.address, receive_bytes=4096))
            connection.setblocking(False)
            # As much as the API takes: it stops to read while an answer waits.
            with contextlib.suppress(BlockingIOError, ConnectionError):
                for _ in range(20_000):
                    connection.send(_authorized(api, path))
        api.is_well()
        assert api.memory() - before < 100 * 2**20


def _listening(api: Api) -> socket.socket:
    connection = opened(api.address, _authorized(api, "/v1/events"), receive_bytes=4096)
    assert connection.recv(15) == b"HTTP/1.1 200 OK"
    return connection


def test_more_listeners_than_slots_leave_requests_served(api: Api, inputs: Callable[[int], None]) -> None:
    """One key may hold a part of the slots; beyond that it is refused, and other keys and requests are served."""
    number = 400
    inputs(number)
    made = api.http().post("/v1/keys", json={"name": "another", "scope": "read"}).json()["key"]
    with contextlib.ExitStack() as stack:

        def listening(**headers: str) -> int:
            head = _authorized(api, "/v1/events", **headers)
            listener = stack.enter_context(opened(api.address, head, receive_bytes=4096))
            return int(listener.recv(12).split()[1])

        codes = [listening() for _ in range(number)]
        assert set(codes) == {200, 503}
        assert codes.count(200) < number / 2
        assert listening(Authorization=f"Bearer {made}") == 200
        api.is_well()
        assert json.loads((api.http().get("/v1/status")).text)["version"]
        assert api.files() < FILES


def test_the_log_tells_of_no_defect(api: Api) -> None:
    """The last one: whatever was tried before."""
    text = Path(api.log).read_text()
    assert "Traceback" not in text, text[-3000:]
