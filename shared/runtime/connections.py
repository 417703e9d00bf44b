"""Bounds an HTTP server's connections: their number, and the time that each request and response may take.

uvicorn has no time limit for a request to arrive or a response to be read, and accepts connections until the process
has no file descriptor left. This module adds those limits, so that no client can hold a connection by doing nothing.
"""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared import metrics

#: Seconds without a request after which a connection that has had a response is closed. Clients and proxies should
#: close theirs before, since whoever sends a request on a connection that the server is closing gets no response.
#: Source: the defaults of httpx (5 s), nginx's upstreams and AWS's balancers (60 s), Go and Traefik (90 s), Caddy
#: (120 s), browsers (up to 300 s) and Google's balancers (600 s). Envoy's, an hour, is longer.
IDLE_SECONDS = 620
#: Seconds from the opening of a connection, or from the first byte of a further request, to the end of its head.
HEAD_SECONDS = 10
#: Seconds from the same moment to the end of its body; bodies are small.
REQUEST_SECONDS = 20
#: Seconds in which a client must read the next 48 KiB of a response. A client that pauses longer can resume by range.
STALLED_SECONDS = 60
#: Seconds for sending what is already written when a connection closes.
CLOSING_SECONDS = 10
#: Unread bytes of all responses together; beyond that, the connection with the most is closed.
UNREAD_BYTES = 64 * 2**20
#: Names of headers of which a request has one at most. With both, a proxy may see another end of it than this server,
#: and pass what follows for a request of somebody else. Source: RFC 9112, 6.1.
AMBIGUOUS = {b"content-length", b"transfer-encoding"}
#: File descriptors reserved for other uses: 100 connections of MongoDB's client, 64 to the object store, those of the
#: operators' port and the broker, and connections that the kernel passes before they are counted.
RESERVED_FILES = 384
#: The wanted limit of open files. Source: twice systemd's default hard limit.
WANTED_FILES = 2**20


def raise_file_limit() -> int:
    """Raise this process's limit of open files as far as the system allows. Returns the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, WANTED_FILES) if hard != resource.RLIM_INFINITY else WANTED_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft if soft != resource.RLIM_INFINITY else WANTED_FILES


def affordable(connections: int, files: int) -> int:
    """Return how many of `connections` a process with a limit of `files` open files can hold and still work."""
    return min(connections, max(files - RESERVED_FILES, files // 4))


class Connections:
    """All connections of one server, at most `most`. When full, a new one replaces the one that has idled longest."""

    def __init__(self, most: int) -> None:
        self._most = most
        #: In the order of their opening.
        self._open: dict[Connection, None] = {}
        #: Those whose clients read too slowly.
        self._unread: set[Connection] = set()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        """Add a new connection. When full, drop the one that keeps the server waiting longest, or else the new one."""
        if len(self._open) >= self._most:
            self._drop(self._least(time.monotonic()) or connection, "full")
            if connection.dropped:
                return
        self._open[connection] = None

    def remove(self, connection: Connection) -> None:
        """Remove a closed connection."""
        self._open.pop(connection, None)
        self._unread.discard(connection)

    def paused(self, connection: Connection) -> None:
        """Record that writing has paused; drop those with the most unread bytes if the total is too high."""
        self._unread.add(connection)
        bytes_of = {each: each.unread_bytes() for each in self._unread}
        total = sum(bytes_of.values())
        while total > UNREAD_BYTES:
            most = max(bytes_of, key=lambda each: bytes_of[each])
            total -= bytes_of.pop(most)
            self._drop(most, "unread")

    def resumed(self, connection: Connection) -> None:
        """Record that a connection's client has caught up."""
        self._unread.discard(connection)

    def drop_overdue(self) -> None:
        """Drop the connections that take too long; called about once a second."""
        now = time.monotonic()
        for connection in list(self._open):
            if (why := connection.overdue(now)) is not None:
                self._drop(connection, why)

    def _drop(self, connection: Connection, why: str) -> None:
        self.remove(connection)
        connection.drop()
        metrics.CONNECTIONS_DROPPED.labels(why).inc()

    def _least(self, now: float) -> Connection | None:
        """The connection that has used most of its time: those without a request first, then slow readers."""
        waits = {each: each.waits(now) for each in self._open}
        awaited = [each for each, wait in waits.items() if wait is not None]
        return max(awaited, key=lambda each: waits[each] or (False, 0.0), default=None)


class Connection(H11Protocol):
    """uvicorn's connection, with time limits."""

    def __init__(self, crowd: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._crowd = crowd
        #: Monotonic times: of its opening, its last response, or the first byte of a further request; since when the
        #: client reads nothing; since when it closes.
        self._since = time.monotonic()
        self._stalled_since: float | None = None
        self._closing_since: float | None = None
        #: Whether it has had a response, and nothing arrived after it.
        self._idle = False
        self.dropped = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Start the limits of a new connection."""
        super().connection_made(transport)
        self._since = time.monotonic()
        self._crowd.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that either side has closed."""
        self._crowd.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass data on, unless the connection was dropped."""
        if self.dropped:
            return
        if self._idle:
            self._idle = False
            self._since = time.monotonic()
        super().data_received(data)
        if self._is_at_rest():
            # This was the rest of a request that had its response before it had arrived; uvicorn sets no limit then.
            self._idle, self._since = True, time.monotonic()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def handle_events(self) -> None:
        """Handle what has arrived. The connection of an ambiguous request is closed after its response."""
        super().handle_events()
        if self.cycle is not None and {name for name, _ in self.headers} >= AMBIGUOUS:
            self.cycle.keep_alive = False

    def pause_writing(self) -> None:
        """Start the limit for a slow reader."""
        self._stalled_since = time.monotonic()
        super().pause_writing()
        self._crowd.paused(self)

    def resume_writing(self) -> None:
        """End the limit for a slow reader."""
        self._stalled_since = None
        self._crowd.resumed(self)
        super().resume_writing()

    def on_response_complete(self) -> None:
        """Start the limit for the next request, or uvicorn's for an idle connection, which is IDLE_SECONDS."""
        self._since = time.monotonic()
        super().on_response_complete()
        self._idle = self._is_at_rest()

    def overdue(self, now: float) -> str | None:
        """Return the reason to drop it, which is a label of the metric; None to keep it."""
        if self.transport.is_closing():
            self._closing_since = self._closing_since or now
            return "unread" if now - self._closing_since > CLOSING_SECONDS else None
        if self._stalled_since is not None and now - self._stalled_since > STALLED_SECONDS:
            return "unread"
        if self._idle or not self._request_is_missing():
            return None
        return "slow" if now - self._since > self._allowed() else None

    def waits(self, now: float) -> tuple[bool, float] | None:
        """Return whether its request is missing, and the part of its time that is used; None if the client waits."""
        if self._request_is_missing():
            return True, (now - self._since) / self._allowed()
        return None if self._stalled_since is None else (False, (now - self._stalled_since) / STALLED_SECONDS)

    def unread_bytes(self) -> int:
        """Return the bytes written and not yet read, except those in the kernel, which have their own limit."""
        return self.transport.get_write_buffer_size()

    def drop(self) -> None:
        """Close it at once, and lose the bytes that the client has not read."""
        self.dropped = True
        self.transport.abort()

    def _allowed(self) -> float:
        """The seconds that it may wait for what is missing of its request."""
        if self._idle:
            return IDLE_SECONDS
        return HEAD_SECONDS if self.conn.their_state is h11.IDLE else REQUEST_SECONDS

    def _is_at_rest(self) -> bool:
        """Whether its last request has had its response, and nothing of another one has arrived."""
        if self.cycle is None or not self.cycle.response_complete or self.transport.is_closing():
            return False
        unread, _ = self.conn.trailing_data
        return self.conn.our_state is h11.IDLE and self.conn.their_state is h11.IDLE and not unread

    def _request_is_missing(self) -> bool:
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
