"""What must not happen to a local server and to local files, and how a test sees that it did not."""

from __future__ import annotations

import ctypes
import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_IN_OPEN = 0x20


class InnerServer:
    """A server on loopback that notes who comes, and hands everybody the same bytes."""

    def __init__(self, answer: bytes) -> None:
        #: The first line and, in the next place, the name of each client, as they said it.
        self.visits: list[str] = []
        #: What some paths have instead.
        self.pages: dict[str, bytes] = {}
        inner = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                lines = [self.rfile.readline(2000).decode("latin-1").strip()]
                while lines[-1] and len(lines) < 50:
                    lines.append(self.rfile.readline(2000).decode("latin-1").strip())
                named = [line for line in lines if line.lower().startswith("user-agent")]
                inner.visits.append(f"{lines[0]} {' '.join(named)}")
                body = inner.pages.get((*lines[0].split(" "), "")[1], answer)
                kind = "application/vnd.apple.mpegurl" if body.startswith(b"#EXTM3U") else "video/mp2t"
                head = f"HTTP/1.0 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: {kind}\r\n\r\n"
                self.wfile.write(head.encode() + (b"" if lines[0].startswith("HEAD") else body))

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[InnerServer]:
        """While it is open, it listens."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class OpenedFiles:
    """Notes every opening of a file in a folder, by whatever process (inotify)."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._queue = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert libc.inotify_add_watch(self._queue, os.fsencode(folder), _IN_OPEN) > 0

    def opened(self) -> bool:
        """Whether one was opened since the last question."""
        try:
            return bool(os.read(self._queue, 65_536))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Look no longer."""
        os.close(self._queue)
