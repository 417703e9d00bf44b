"""The worker's side of permits: asks the service before each page of a source, and reports refusals to it.

The service answers on a Unix socket (see `permit_server`), because budget and rests belong to the egress, and no worker
knows the requests of the others. The protocol: one JSON object per line, one answer per question.
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

#: Seconds within which the service answers; it may have to wait for the database.
ANSWER_SECONDS = 90
#: Seconds until work that did not reach the service is tried again; and of one pause of work that waits for requests.
SERVICE_AWAY_SECONDS, MAX_PAUSE_SECONDS = 5, 15
#: Maximum bytes of a question or an answer: the other end reads no more at once.
MAX_LINE = 2**16
#: Pages that an attempt may request after a refusal: its extractor may find the answer on another page.
MAX_AFTER_REFUSAL = 8


class Misunderstood(Exception):
    """The service cannot parse a question: a defect of our own code, which a second question does not repair."""


class NotPermitted(Exception):
    """The source may not be asked now; the work goes back uncharged."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds
        self.why = why


@dataclass(frozen=True)
class PermitAddress:
    """Where a worker asks for permits, and for which work."""

    socket_path: Path
    #: The source of the work, such as youtube.
    source: str
    #: Id of the video or playlist.
    work_id: str
    #: Seconds for which the work waits for requests of the next hour. A listing waits, because it would have to start
    #: again at its first page; a video goes back to the queue, and other work is done meanwhile.
    patience_seconds: float = 0


class Permits:
    """The worker's end of the socket. Without an address everything is permitted, as in tests of an extractor."""

    def __init__(self, address: PermitAddress | None) -> None:
        self._address = address
        self._connection: socket.socket | None = None
        #: Source that refused → pages that may still be requested from it.
        self._left: dict[str, int] = {}
        #: The last denial, kept here because an extractor may swallow the exception.
        self.denied: NotPermitted | None = None

    def ask(self, url: str | None = None, *, redirected: bool = False) -> None:
        """Wait until a page may be requested. Raises NotPermitted.

        `url`: its address, which may be at another source than the work's own. `redirected`: whether a redirect leads
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
        """Return whether the video may use so many bytes of the work folder's disk, at least and at most."""
        return self._address is None or bool(self._call({"room": [low, high]})["granted"])

    def _denied(self, denied: NotPermitted) -> NotPermitted:
        self.denied = denied
        return denied

    def refused(self, retry_after: float | None, url: str | None = None, *, redirected: bool = False) -> None:
        """Report that the source at `url` refused a page or media because of too many requests."""
        if self._address is not None:
            self._left.setdefault(self._whom(url, redirected=redirected), MAX_AFTER_REFUSAL)
            question = {"refused": 1, "retry_after": retry_after, "url": origin_of(url), "redirected": redirected}
            self._call(question)

    def _whom(self, url: str | None, *, redirected: bool) -> str:
        assert self._address is not None
        return (source_of_redirect if redirected else source_of_request)(self._address.source, url)

    def _call(self, question: dict[str, Any]) -> dict[str, Any]:
        """Send a question and return the answer.

        Raises Misunderstood; NotPermitted if the service does not answer, which is not the source's fault.
        """
        try:
            return self._exchange(question)
        except OSError as error:
            if self._connection is not None:
                # A late answer must not be taken for the answer to the next question.
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
