"""A registry of OCI artifacts on loopback that takes what is pushed, by the distribution specification."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Registry:
    """What was pushed. `host`: its address, `blobs`: by digest, `manifests`: by NAME:TAG."""

    host: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)


@contextmanager
def registry() -> Iterator[Registry]:
    """A registry that answers until the end of the block."""
    held = Registry()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def body(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def do_HEAD(self) -> None:
            self.answer(404)

        do_GET = do_HEAD  # noqa: N815

        def do_POST(self) -> None:
            self.answer(202, Location=f"http://{held.host}{self.path.rstrip('/')}/1")

        def do_PUT(self) -> None:
            url, data = urlsplit(self.path), self.body()
            digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
            if "/manifests/" in url.path:
                name, _, tag = url.path.removeprefix("/v2/").partition("/manifests/")
                held.manifests[f"{name}:{tag}"] = json.loads(data)
            else:
                assert parse_qs(url.query)["digest"] == [digest]
                held.blobs[digest] = data
            self.answer(201, Docker_Content_Digest=digest)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.host = f"127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
