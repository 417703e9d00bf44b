"""In a worker process: leave to ask a source one more page, and word of what it refused.

The service answers on a Unix socket (see `permit_server`): budget and rests are an egress's, and no worker knows what
the others have asked. The protocol is a JSON object a line, one answer for each question.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds within which the service answers; it may wait for the database itself.
ANSWER_SECONDS = 90
#: Pages that an attempt may still ask for after it was refused one: its extractor's other ways to the same answer.
MAX_AFTER_REFUSAL = 8


class NotPermitted(Exception):
    """Nothing may be asked of the source now; the work goes back uncharged."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds
        self.why = why


@dataclass(frozen=True)
class PermitAddress:
    """Where a worker asks, and on whose account."""

    socket_path: Path
    #: What the id of a video or playlist begins with: youtube.
    source: str
    #: The video or playlist that is worked on.
    work_id: str


class Permits:
    """The worker's end. Without an address everything is permitted, as in tests of an extractor alone."""

    def __init__(self, address: PermitAddress | None) -> None:
        self._address = address
        self._connection: socket.socket | None = None
        self._left: int | None = None
        #: What was not permitted, whatever became of the exception.
        self.denied: NotPermitted | None = None

    def ask(self) -> None:
        """Return when a page may be asked for. Raises NotPermitted."""
        if self._address is None:
            return
        if self._left is not None:
            self._left -= 1
        after_refusal = self._left is not None and self._left >= 0
        answer = self._call({"ask": 1, "after_refusal": after_refusal})
        if not answer["permitted"]:
            self.denied = NotPermitted(float(answer["seconds"]), str(answer["why"]))
            raise self.denied

    def refused(self, retry_after: float | None) -> None:
        """Report that the source refused a page or media for having been asked too much."""
        if self._address is not None:
            self._left = MAX_AFTER_REFUSAL if self._left is None else self._left
            self._call({"refused": 1, "retry_after": retry_after})

    def _call(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._address is not None
        if self._connection is None:
            self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._connection.settimeout(ANSWER_SECONDS)
            self._connection.connect(str(self._address.socket_path))
        whose = {"source": self._address.source, "work_id": self._address.work_id}
        self._connection.sendall(json.dumps(question | whose).encode() + b"\n")
        line = b""
        while not line.endswith(b"\n"):
            part = self._connection.recv(4096)
            if not part:
                raise NotPermitted(1, "the scraper is stopping")
            line += part
        answer: dict[str, Any] = json.loads(line)
        return answer
