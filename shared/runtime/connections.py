"""The HTTP connections that a server of ours holds: how many, and how long each may take over what it does.

uvicorn has neither a time for a request to arrive in nor one for an answer to be read in, and accepts until the process
has no file left. So its own protocol is watched here: nobody can hold a connection by doing nothing.
"""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared import metrics

#: Seconds from the opening of a connection, or from the last answer, to the end of a request's head.
HEAD_SECONDS = 10
#: The same to the end of its body; bodies are small.
REQUEST_SECONDS = 20
#: Seconds without an answer's next 48 KiB being read. Whoever pauses for longer asks again, from where it was.
STALLED_SECONDS = 60
#: Seconds for what is already written when a connection is closed.
CLOSING_SECONDS = 10
#: Bytes of all answers together that are written and not read; beyond it the connection with the most is closed.
UNREAD_BYTES = 64 * 2**20
#: Files of the process that connections leave free: 100 connections of MongoDB's client, 64 to the object store, those
#: of the operators' port, the broker, and what the kernel hands over at once before any is counted.
RESERVED_FILES = 384
#: What a process may open is raised to this if the system lets it. Source: the default hard limit of systemd, doubled.
WANTED_FILES = 2**20


def raise_file_limit() -> int:
    """Let this process open as many files as the system allows. Returns how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, WANTED_FILES) if hard != resource.RLIM_INFINITY else WANTED_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft if soft != resource.RLIM_INFINITY else WANTED_FILES


def affordable(connections: int, files: int) -> int:
    """How many of `connections` a process that may open `files` can hold, and still work."""
    return min(connections, max(files - RESERVED_FILES, files // 4))


class Connections:
    """All connections of one server, up to `most`. A new one beyond it takes the place of one that asks nothing."""

    def __init__(self, most: int) -> None:
        self._most = most
        #: In the order in which they were opened.
        self._open: dict[Connection, None] = {}
        #: Those that have more written than is read.
        self._unread: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Take a new connection, or drop it if everybody else is being answered."""
        if len(self._open) >= self._most:
            self._drop(self._least(time.monotonic()) or connection, "full")
            if connection.dropped:
                return
        self._open[connection] = None

    def remove(self, connection: Connection) -> None:
        """It is closed."""
        self._open.pop(connection, None)
        self._unread.discard(connection)

    def paused(self, connection: Connection) -> None:
        """More is written to it than is read."""
        self._unread.add(connection)
        bytes_of = {each: each.unread_bytes() for each in self._unread}
        total = sum(bytes_of.values())
        while total > UNREAD_BYTES:
            most = max(bytes_of, key=lambda each: bytes_of[each])
            total -= bytes_of.pop(most)
            self._drop(most, "unread")

    def resumed(self, connection: Connection) -> None:
        """What was written to it is read."""
        self._unread.discard(connection)

    def look(self) -> None:
        """Drop what takes too long; called about once a second."""
        now = time.monotonic()
        for connection in list(self._open):
            if (why := connection.overdue(now)) is not None:
                self._drop(connection, why)

    def _drop(self, connection: Connection, why: str) -> None:
        self.remove(connection)
        connection.drop()
        metrics.CONNECTIONS_DROPPED.labels(why).inc()

    def _least(self, now: float) -> Connection | None:
        """The one that has kept us waiting for longest: first of those whose request is not here, then of readers."""
        waits = {each: each.waits(now) for each in self._open}
        kept_us_waiting = [each for each, seconds in waits.items() if seconds is not None]
        return max(kept_us_waiting, key=lambda each: waits[each] or (False, 0.0), default=None)


class Connection(H11Protocol):
    """uvicorn's connection, with its times kept."""

    def __init__(self, crowd: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._crowd = crowd
        #: Moments: of its opening or last answer; since when nothing is read; since when it is being closed.
        self._since = time.monotonic()
        self._stalled_since: float | None = None
        self._closing_since: float | None = None
        self.dropped = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It is open."""
        super().connection_made(transport)
        self._since = time.monotonic()
        self._crowd.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed, by whomever."""
        self._crowd.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; what came after it was dropped is nobody's."""
        if not self.dropped:
            super().data_received(data)

    def pause_writing(self) -> None:
        """More is written than is read."""
        self._stalled_since = time.monotonic()
        super().pause_writing()
        self._crowd.paused(self)

    def resume_writing(self) -> None:
        """It was read."""
        self._stalled_since = None
        self._crowd.resumed(self)
        super().resume_writing()

    def on_response_complete(self) -> None:
        """The next request may begin."""
        self._since = time.monotonic()
        super().on_response_complete()

    def overdue(self, now: float) -> str | None:
        """Why it is to be dropped; None: it is not."""
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            return "unread" if now - self._closing_since > CLOSING_SECONDS else None
        if self._stalled_since is not None and now - self._stalled_since > STALLED_SECONDS:
            return "unread"
        if not self._request_is_missing():
            return None
        allowed = HEAD_SECONDS if self.conn.their_state is h11.IDLE else REQUEST_SECONDS
        return "slow" if now - self._since > allowed else None

    def waits(self, now: float) -> tuple[bool, float] | None:
        """Whether it is a request that is missing, and for how many seconds we wait; None: it waits for us."""
        if self._request_is_missing():
            return True, now - self._since
        return None if self._stalled_since is None else (False, now - self._stalled_since)

    def unread_bytes(self) -> int:
        """What is written and not read; the kernel's part of it is bounded by itself."""
        return self.transport.get_write_buffer_size()

    def drop(self) -> None:
        """Close it at once; what is written and not read is lost."""
        self.dropped = True
        self.transport.abort()

    def _request_is_missing(self) -> bool:
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
