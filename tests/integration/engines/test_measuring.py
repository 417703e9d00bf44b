"""What is measured of a download from a real server: counted exactly; of times, only what must be so on any machine."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from yt_dlp.networking.exceptions import HTTPError

from services.scraper.engines.values import SourceRules
from services.scraper.engines.ytdlp.client import CountingYtdlp, Words, options_of
from services.scraper.measuring.player import Thresholds
from services.scraper.measuring.recorder import recording
from services.scraper.measuring.transfer import Redirect, Transfer

SIZE = 400_000
RULES = SourceRules(0, ("all",), private_hosts=True)
PLAYER = Thresholds(2.0, 0.1, 1.0)


@dataclass
class Server:
    """A server of media whose behaviour is known. Its first answer may redirect, wait, break or refuse."""

    #: Seconds before the first byte of media.
    wait: float = 0.0
    #: Bytes of the first answer before its connection is closed; 0: it is sent in full.
    break_after: int = 0
    chunked: bool = False
    #: The status of every answer, if it is no media.
    refuse_with: int = 0
    port: int = 0
    ranges: list[str | None] = field(default_factory=list)

    def url(self, path: str = "/media.webm", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    of: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.of
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", server.url(host="localhost"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if server.refuse_with:
            self.send_error(server.refuse_with)
            return
        range_ = self.headers.get("Range")
        server.ranges.append(range_)
        first, _, last = (range_ or "bytes=0-").removeprefix("bytes=").partition("-")
        start, end = int(first), int(last or SIZE - 1) + 1
        body = bytes(end - start)
        self.send_response(206 if range_ else 200)
        if range_:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{SIZE}")
        if server.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.flush()
        time.sleep(server.wait)
        self._send(body)

    def _send(self, body: bytes) -> None:
        server = self.of
        if server.break_after and len(server.ranges) == 1:
            self.wfile.write(body[: server.break_after])
            self.close_connection = True
        elif server.chunked:
            for at in range(0, len(body), 50_000):
                part = body[at : at + 50_000]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.wfile.write(body)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    handler = type("Handler", (_Handler,), {"of": server})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def measured(url: str, folder: Path, **more: object) -> Transfer | None:
    """Download media from an address as a worker does."""
    info = {"url": url, "protocol": "http", "ext": "webm", "format_id": "251", "acodec": "opus", "duration": 50.0}
    ydl = CountingYtdlp(options_of(Words(), RULES), RULES)
    # What refuses is raised; `extract_info`, which is not used here, would tell it in other words.
    with recording() as recorder, ydl, suppress(HTTPError):
        ydl.dl(str(folder / "source.webm"), {**info, "filesize": SIZE, "http_headers": {}, **more})
    return recorder.transfer(PLAYER)


def test_a_download_is_measured_without_one_request_more(tmp_path: Path) -> None:
    with serving(Server(wait=0.05)) as server:
        found = measured(server.url(), tmp_path)
    assert found is not None
    assert server.ranges == [None]
    assert (found.request_count, found.bytes, found.interruptions) == (1, SIZE, 0)
    assert (tmp_path / "source.webm").stat().st_size == SIZE
    [request] = found.requests
    assert (request.host, request.address, request.status) == ("127.0.0.1", "127.0.0.1", 200)
    assert (request.bytes, request.redirects, request.reused, request.broken) == (SIZE, (), False, False)
    assert request.connecting is not None
    assert request.securing is None
    assert request.first_byte is not None
    # The server waited so long; nothing bounds how much longer a busy machine takes.
    assert 0.05 <= request.first_byte <= request.seconds <= found.seconds
    assert 0 <= found.transferring <= found.seconds
    assert found.media is not None
    assert (found.media.format, found.media.codec, found.media.duration) == ("251", "opus", 50.0)


def test_its_playback_has_heard_of_all_media(tmp_path: Path) -> None:
    with serving(Server()) as server:
        found = measured(server.url(), tmp_path)
    assert found is not None
    assert found.playback is not None
    assert found.bytes_at_start is not None
    assert found.playback.startup_delay is not None
    assert found.playback.played + found.playback.buffered_at_end == pytest.approx(50.0)
    # Two seconds of fifty.
    assert found.bytes_at_start >= SIZE * 2 / 50


def test_a_redirect_is_told_with_its_status_and_hosts(tmp_path: Path) -> None:
    with serving(Server()) as server:
        found = measured(server.url("/elsewhere"), tmp_path)
    assert found is not None
    [request] = found.requests
    assert request.redirects == (Redirect(302, "127.0.0.1"),)
    assert (request.host, request.status, request.bytes) == ("localhost", 200, SIZE)
    assert request.resolving is not None
    assert request.redirecting > 0


def test_a_broken_download_that_is_resumed_counts_as_one_with_an_interruption(tmp_path: Path) -> None:
    with serving(Server(break_after=150_000)) as server:
        found = measured(server.url(), tmp_path)
    assert found is not None
    assert (found.request_count, found.interruptions, found.bytes) == (2, 1, SIZE)
    first, second = found.requests
    assert (first.offset, first.broken, second.broken, second.status) == (None, True, False, 206)
    assert second.offset is not None
    assert first.bytes + second.bytes == SIZE
    assert server.ranges == [None, f"bytes={second.offset}-"]


def test_the_framing_of_chunks_is_no_media(tmp_path: Path) -> None:
    with serving(Server(chunked=True)) as server:
        found = measured(server.url(), tmp_path)
    assert found is not None
    assert (found.bytes, found.requests[0].bytes) == (SIZE, SIZE)


def test_parts_of_a_range_series_are_told_one_by_one(tmp_path: Path) -> None:
    with serving(Server()) as server:
        found = measured(server.url(), tmp_path, downloader_options={"http_chunk_size": 100_000})
    assert found is not None
    assert found.request_count == len(server.ranges) >= 4
    assert found.bytes == SIZE
    assert found.interruptions == 0
    offsets = [request.offset for request in found.requests]
    assert offsets[0] == 0
    assert offsets == sorted(offsets, key=lambda offset: offset or 0)
    # One connection serves them all.
    assert [request.reused for request in found.requests] == [False] + [True] * (found.request_count - 1)


@pytest.mark.parametrize("status", [403, 404])
def test_a_refused_download_is_a_measurement_too(tmp_path: Path, status: int) -> None:
    with serving(Server(refuse_with=status)) as server:
        found = measured(server.url(), tmp_path)
    assert found is not None
    assert found.bytes == 0
    assert {request.status for request in found.requests} == {status}
    assert (found.average_rate, found.peak_rate, found.interruptions) == (None, None, 0)


def test_nothing_is_left_in_the_process(tmp_path: Path) -> None:
    def patched() -> list[object]:
        return [socket.getaddrinfo, socket.socket.connect, ssl.SSLSocket.do_handshake, socket.SocketIO.readinto]

    before = patched()
    with serving(Server()) as server:
        measured(server.url(), tmp_path)
    assert patched() == before
