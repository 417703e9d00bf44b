"""Sources that send without end, or what unfolds without end: a worker stops reading and stays small."""

from __future__ import annotations

import asyncio
import gzip
import json
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from services.scraper.engines.values import SourceRules
from services.scraper.engines.ytdlp.answers import MAX_ANSWER_BYTES
from services.scraper.failures import Evidence, classify
from services.scraper.workers.pool import WorkerDied, Workers, listing

RULES = SourceRules(request_interval=0, extractors=("default",), private_hosts=True, worker_bytes=500 * 10**6)
#: A page is asked for a few times, and something lies in the buffers of the connections.
MAX_SENT = 6 * MAX_ANSWER_BYTES
PIECE = b"<p>" + b"x" * 2**16 + b"</p>"


#: The CRC-32 of ten GB of blanks, which takes seconds to compute.
_BLANKS_CRC = 0x0D05970F


def _packed_blanks() -> bytes:
    """Ten GB of blanks as one gzip stream of 10 MB: one compressed part, repeated."""
    # A full flush forgets what was packed before, so the same bytes unpack to the same blanks at any place.
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    part = packer.compress(b" " * 10**7) + packer.flush(zlib.Z_FULL_FLUSH)
    header = b"\x1f\x8b\x08" + bytes(7)
    return header + part * 1000 + packer.flush() + struct.pack("<LL", _BLANKS_CRC, 10**10 % 2**32)


class Endless:
    """A server whose every path is a trap; it counts what it could send."""

    def __init__(self) -> None:
        self.sent = 0
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                try:
                    _TRAPS[self.path.split("?")[0].strip("/").split(".")[0]](self, outer)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def send(self, handler: BaseHTTPRequestHandler, piece: bytes) -> None:
        handler.wfile.write(piece)
        self.sent += len(piece)


def _begin(handler: BaseHTTPRequestHandler, status: int, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "text/html", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def _forever(handler: BaseHTTPRequestHandler, server: Endless, piece: bytes = PIECE) -> None:
    while True:
        server.send(handler, piece)


def _page(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 200)
    _forever(handler, server)


def _error_page(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 404)
    _forever(handler, server)


def _redirect(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 302, Location="/page")
    _forever(handler, server)


def _packed(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 200, Content_Encoding="gzip")
    server.send(handler, _BOMB)


def _packed_twice(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 200, Content_Encoding="gzip, gzip")
    server.send(handler, gzip.compress(_BOMB))


def _feed(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 200, Content_Type="application/rss+xml")
    server.send(handler, b"<?xml version='1.0'?><rss><channel><title>x</title>")
    _forever(handler, server, b"<item><title>x</title><enclosure url='http://127.0.0.1/x.mp3'/></item>" * 100)


def _entities(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    names = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10 if n else 'x' * 100}'>" for n in range(10))
    _begin(handler, 200, Content_Type="application/rss+xml")
    server.send(handler, f"<!DOCTYPE rss [{names}]><rss><channel><title>&e9;</title></channel></rss>".encode())


def _manifest(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 200, Content_Type="application/vnd.apple.mpegurl")
    server.send(handler, b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n")
    _forever(handler, server, b"#EXTINF:1.0,\nsegment.ts\n" * 1000)


def _key(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 200, Content_Type="application/vnd.apple.mpegurl")
    lines = (
        "#EXTM3U",
        "#EXT-X-TARGETDURATION:1",
        '#EXT-X-KEY:METHOD=AES-128,URI="/page"',
        "#EXTINF:1.0,",
        "segment.ts",
        "#EXT-X-ENDLIST\n",
    )
    server.send(handler, "\n".join(lines).encode())


def _nested(handler: BaseHTTPRequestHandler, server: Endless) -> None:
    _begin(handler, 200)
    ld = json.dumps("[" * 200_000 + "]" * 200_000).strip('"')
    server.send(handler, f"<html><script type='application/ld+json'>{ld}</script></html>".encode())


_TRAPS: dict[str, Callable[[BaseHTTPRequestHandler, Endless], None]] = {
    "page": _page,
    "error": _error_page,
    "redirect": _redirect,
    "packed": _packed,
    "twice": _packed_twice,
    "feed": _feed,
    "entities": _entities,
    "manifest": _manifest,
    "key": _key,
    "nested": _nested,
}
_BOMB = _packed_blanks()


@pytest.fixture
def endless() -> Iterator[Endless]:
    found = Endless()
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def workers() -> Iterator[Workers]:
    pool = Workers(slots=1, tasks_per_worker=50, largest_bytes=10**8, memory_bytes=RULES.worker_bytes)
    yield pool
    asyncio.run(pool.close())


@pytest.mark.parametrize("trap", [*_TRAPS, "manifest.m3u8", "key.m3u8"])
async def test_a_download_stops_reading(workers: Workers, endless: Endless, tmp_path: Path, trap: str) -> None:
    try:
        result = (await workers.fetch(f"{endless.url}/{trap}", tmp_path, RULES, 300)).result
    except WorkerDied:
        pass  # Its memory was at an end: that is what the limit is for.
    else:
        assert isinstance(result, Evidence)
        failure = classify(result, datetime.now(UTC))
        assert failure.failure_class.value in ("transient", "tool", "permanent")
        if trap == "page":
            assert failure.reason == "answer-too-large"
    assert endless.asked
    assert endless.sent <= MAX_SENT


@pytest.mark.parametrize("trap", ["page", "error", "redirect", "packed", "feed", "entities"])
async def test_a_listing_stops_reading(endless: Endless, trap: str) -> None:
    found = []
    try:
        async for batch in listing(f"{endless.url}/{trap}", RULES, 300):
            found += batch
    except WorkerDied:
        pass
    assert endless.asked
    assert endless.sent <= MAX_SENT
