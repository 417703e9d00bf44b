"""The demo's receiver of webhooks and notifications: a web server on this machine, which checks signatures."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

HOOK, PEOPLE = "/hook", "/people"


class DemoReceiver:
    """What has arrived so far."""

    def __init__(self, folder: Path) -> None:
        """`folder`: for the file of endpoints and the secret that signs."""
        self._folder = folder
        self._secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
        self._lock = threading.Lock()
        #: Ids of events → the videos they are about, and titles of notices.
        self._hooks: dict[str, str] = {}
        self._titles: list[str] = []
        self.forged = 0

    def settings(self, port: int) -> dict[str, str]:
        """Write the file of endpoints. Returns the settings of the notify service that name it."""
        where = f"127.0.0.1:{port}"
        (self._folder / "secret").write_text(self._secret)
        (self._folder / "people").write_text(f"json://{where}{PEOPLE}")
        endpoints = [
            {
                "name": "demo-program",
                "url": f"http://{where}{HOOK}",
                "types": ["audio.stored.v1"],
                "secret_file": str(self._folder / "secret"),
            },
            {
                "name": "demo-people",
                "to_file": str(self._folder / "people"),
                "tell": ["new-recordings"],
                "digest": "at-once",
            },
        ]
        file = self._folder / "endpoints.yaml"
        file.write_text(yaml.safe_dump({"endpoints": endpoints}))
        return {"NOTIFY_ENDPOINTS_FILE": str(file), "NOTIFY_PRIVATE_HOSTS": "true"}

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Take what was posted. Returns the HTTP status that answers it."""
        with self._lock:
            if path.startswith(PEOPLE):
                self._titles.append(json.loads(body)["title"])
                return 200
            try:
                event: Any = Webhook(self._secret).verify(body, dict(headers))
            except WebhookVerificationError:
                self.forged += 1
                return 401
            self._hooks[headers["webhook-id"]] = event["data"]["video_id"]
            return 200

    def webhooks_about(self, video_ids: set[str]) -> int:
        """How many different events about these videos came with a right signature."""
        with self._lock:
            return sum(video_id in video_ids for video_id in self._hooks.values())

    def notices_of(self, source: str) -> int:
        """How many notices about a followed source came."""
        with self._lock:
            return sum(title.startswith(f"{source}:") for title in self._titles)


@contextmanager
def receiving(folder: Path) -> Iterator[tuple[DemoReceiver, dict[str, str]]]:
    """Run a receiver. Returns it, and the settings with which the notify service tells it."""
    receiver = DemoReceiver(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that the standard library calls
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            names = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(self.path, names, body))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing for each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver, receiver.settings(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
