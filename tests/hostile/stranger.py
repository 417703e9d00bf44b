"""A host that nobody knows: it refuses whoever asks, in the words it is given, or serves a sound."""

from __future__ import annotations

import io
import math
import threading
import wave
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Seconds of the sound, and samples of one second.
SOUND_SECONDS, RATE = 3, 8000


class Stranger:
    """A server on loopback. Its port makes it a source of its own."""

    def __init__(self, status: int = 200, reason: str = "OK", headers: Mapping[str, str] | None = None) -> None:
        """`status`, `reason` and `headers`: of every answer; 200: a sound."""
        self.asked: Counter[str] = Counter()
        sound, stranger, extra = _sound(), self, dict(headers or {})

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stranger.asked[self.path] += 1
                body = sound if status == 200 else b""
                self.send_response(status, reason)
                for name, value in {"Content-Type": "audio/x-wav", "Content-Length": str(len(body)), **extra}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(body)

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.source = f"127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def url(self, name: str) -> str:
        """An address there."""
        return f"http://{self.source}/{name}"

    def close(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        tone = (int(8000 * math.sin(n * math.tau * 440 / RATE)) for n in range(SOUND_SECONDS * RATE))
        sound.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in tone))
    return file.getvalue()
