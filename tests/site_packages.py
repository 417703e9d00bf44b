"""Packages of sites and small HTTP servers for them, as tests make them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

#: What a path answers: bytes, an HTTP status, a value as JSON, or a function that gives one of these.
Answer = bytes | int | dict[str, Any] | Callable[[], "Answer"]


class SmallServer(ThreadingHTTPServer):
    """An HTTP server on the loopback interface with given answers. It notes which paths were requested."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.requested: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: SmallServer

    def do_GET(self) -> None:
        self.server.requested.append(self.path)
        answer = self.server.answers.get(self.path, 404)
        if callable(answer):
            answer = answer()
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(answer if isinstance(answer, int) else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def small_server() -> Iterator[SmallServer]:
    """A running server, which ends with the block."""
    with SmallServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def install(folder: Path, name: str, code: str, package: str | None = None) -> None:
    """Write a package with one site into a folder of sys.path, as pip would with `--target`."""
    package = package or f"site-{name}"
    module = package.replace("-", "_")
    (folder / f"{module}.py").write_text(code)
    information = folder / f"{module}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[fonoteca.sites]\n{name} = {module}\n")
