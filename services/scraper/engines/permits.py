"""In a worker process: leave to ask a source one more page, and word of what it refused.

The service answers on a Unix socket (see `permit_server`): budget and rests are an egress's, and no worker knows what
the others have asked. The protocol is a JSON object a line, one answer for each question.
"""

from __future__ import annotations

import json
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.scraper.engines.work import source_of_redirect, source_of_request
from shared.addresses.sources import origin_of

#: Seconds within which the service answers; it may wait for the database itself.
ANSWER_SECONDS = 90
#: Seconds after which work goes on that found the service away; and of one pause of work that waits for requests.
SERVICE_AWAY_SECONDS, MAX_PAUSE_SECONDS = 5, 15
#: Bytes of a question or an answer at most: what the other end reads at once.
MAX_LINE = 2**16
#: Pages that an attempt may still ask for after it was refused one: its extractor's other ways to the same answer.
MAX_AFTER_REFUSAL = 8


class Misunderstood(Exception):
    """The service can make nothing of a question: a defect of ours, which asking again does not mend."""


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
    #: Whom the work asks: youtube.
    source: str
    #: The video or playlist that is worked on.
    work_id: str
    #: Seconds for which the work waits where it is for requests of the next hour. A listing begins at its first page
    #: again, so it had better wait; a video goes back, and others are done meanwhile.
    patience_seconds: float = 0


class Permits:
    """The worker's end. Without an address everything is permitted, as in tests of an extractor alone."""

    def __init__(self, address: PermitAddress | None) -> None:
        self._address = address
        self._connection: socket.socket | None = None
        #: By the source that refused: how many pages it may be asked for yet.
        self._left: dict[str, int] = {}
        #: What was not permitted, whatever became of the exception.
        self.denied: NotPermitted | None = None

    def ask(self, url: str | None = None, *, redirected: bool = False) -> None:
        """Return when a page may be asked for. Raises NotPermitted.

        `url`: its address, which may lead to somebody else than the work's own. `redirected`: somebody else redirected
        there.
        """
        if self._address is None:
            return
        asked = self._whom(url, redirected=redirected)
        after_refusal = self._left.get(asked, 0) > 0
        if after_refusal:
            self._left[asked] -= 1
        until = time.monotonic() + self._address.patience_seconds
        while True:
            answer = self._call(
                {"ask": 1, "after_refusal": after_refusal, "url": origin_of(url), "redirected": redirected}
            )
            if answer["permitted"]:
                return
            seconds = float(answer["seconds"])
            if not answer["spent"] or time.monotonic() + MAX_PAUSE_SECONDS > until:
                raise self._denied(NotPermitted(seconds, str(answer["why"])))
            time.sleep(min(seconds, MAX_PAUSE_SECONDS))

    def room(self, low: int, high: int) -> bool:
        """Ask for so many bytes of the work folder's disk, at least and at most. Whether the video may take them."""
        return self._address is None or bool(self._call({"room": [low, high]})["granted"])

    def _denied(self, denied: NotPermitted) -> NotPermitted:
        self.denied = denied
        return denied

    def refused(self, retry_after: float | None, url: str | None = None, *, redirected: bool = False) -> None:
        """Report that whoever is at `url` refused a page or media for having been asked too much."""
        if self._address is not None:
            self._left.setdefault(self._whom(url, redirected=redirected), MAX_AFTER_REFUSAL)
            question = {"refused": 1, "retry_after": retry_after, "url": origin_of(url), "redirected": redirected}
            self._call(question)

    def _whom(self, url: str | None, *, redirected: bool) -> str:
        assert self._address is not None
        return (source_of_redirect if redirected else source_of_request)(self._address.source, url)

    def _call(self, question: dict[str, Any]) -> dict[str, Any]:
        """Ask, and wait for the answer. What goes wrong between us and the service is not the source's fault.

        Raises NotPermitted, Misunderstood.
        """
        try:
            return self._exchange(question)
        except OSError as error:
            if self._connection is not None:
                # A late answer must not be taken for that of the next question.
                self._connection.close()
                self._connection = None
            raise self._denied(NotPermitted(SERVICE_AWAY_SECONDS, f"the scraper does not answer: {error}")) from error

    def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._address is not None
        if self._connection is None:
            self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._connection.settimeout(ANSWER_SECONDS)
            self._connection.connect(str(self._address.socket_path))
        whose = {"source": self._address.source, "work_id": self._address.work_id}
        asked = json.dumps(question | whose).encode() + b"\n"
        if len(asked) > MAX_LINE:
            raise Misunderstood(f"a question of {len(asked)} bytes")
        self._connection.sendall(asked)
        line = b""
        while not line.endswith(b"\n"):
            part = self._connection.recv(4096)
            if not part:
                raise ConnectionResetError("it is stopping")
            line += part
        answer: dict[str, Any] = json.loads(line)
        if "misunderstood" in answer:
            raise Misunderstood(str(answer["misunderstood"]))
        return answer
