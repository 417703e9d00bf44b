"""A server that closes a kept connection at the moment when a request is sent on it. On real sockets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import cli.api.client
from cli.api.client import Address, Client
from cli.errors import UNREACHABLE, CliError

ANSWER = b'{"id": "it"}'


class Closing(ThreadingHTTPServer):
    """Answers the first request of each connection, and closes at the second."""

    def __init__(self, part: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        #: What it sends before it closes.
        self.part = part
        #: The path of each request, and its Idempotency-Key.
        self.asked: list[tuple[str, str | None]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Closing
    requests = 0

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, self.headers.get("Idempotency-Key")))
        self.requests += 1
        if self.requests > 1:
            self.wfile.write(self.server.part)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815  # names of the standard library

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(params=[b"", b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"], ids=["unanswered", "half an answer"])
def server(request: pytest.FixtureRequest) -> Iterator[Closing]:
    with Closing(request.param) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(server: Closing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client that has a connection, and keeps it even on a machine that is slow."""
    monkeypatch.setattr(cli.api.client, "KEPT_SECONDS", None)
    client = Client(Address(f"http://127.0.0.1:{server.server_port}", "key"), seconds=60)
    assert client.video("a") == {"id": "it"}
    yield client
    client._http.close()


def test_a_question_is_asked_once_more(server: Closing, client: Client) -> None:
    assert client.video("b") == {"id": "it"}
    assert [path for path, _ in server.asked] == ["/v1/videos/a", "/v1/videos/b", "/v1/videos/b"]


def test_a_submission_is_repeated_under_its_key(server: Closing, client: Client) -> None:
    assert client.submit("https://www.example.org/list") == {"id": "it"}
    (_, (path, key), again) = server.asked
    assert (path, again) == ("/v1/playlists", (path, key))
    assert key


@pytest.mark.parametrize(
    "request_once",
    [
        lambda client: client.make_key("laptop", "read", None),
        lambda client: client.replay("p"),
        lambda client: client.drop_parked("p"),
    ],
    ids=["key", "replay", "drop"],
)
def test_what_may_have_been_done_is_not_repeated(
    server: Closing, client: Client, request_once: Callable[[Client], object]
) -> None:
    with pytest.raises(CliError) as told:
        request_once(client)
    assert told.value.code == UNREACHABLE
    assert len(server.asked) == 2
