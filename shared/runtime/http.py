"""Serves an ASGI application in the service's event loop, with limits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import uvicorn

from shared.errors import Misconfigured
from shared.runtime.connections import IDLE_SECONDS, Connection, Connections

#: Connections that wait in the kernel until they are accepted.
QUEUE = 1024
#: Bytes of an unread response that the kernel buffers; its default grows to megabytes for each connection.
SEND_BUFFER = 128 * 1024
#: Ticks of uvicorn, ten a second, between two checks of the connections.
CHECK_EVERY_TICKS = 10


@dataclass(frozen=True)
class Limits:
    """The limits of a server."""

    #: Open connections. The default is for operators' ports: ample for a scrape, two probes and a person.
    connections: int = 64
    #: Connections accepted in one step of the event loop. It is small, so that a prompt request is read before its
    #: connection becomes the oldest.
    at_once: int = 8
    #: Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted.
    proxies: Sequence[str] = ()


class HttpServer(uvicorn.Server):
    """uvicorn inside the service's event loop; the runtime handles the signals."""

    def __init__(self, app: object, host: str, port: int, limits: Limits) -> None:
        self._connections = Connections(limits.connections)
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]  # any ASGI application
            host=host,
            port=port,
            http=partial(Connection, self._connections),  # type: ignore[arg-type]  # a factory with the class's signature
            # The limits do not cover a connection that switches to another protocol.
            ws="none",
            backlog=limits.at_once,
            proxy_headers=bool(limits.proxies),
            # Always set: by default uvicorn trusts every client on this machine.
            forwarded_allow_ips=list(limits.proxies),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening. The kernel's queue is longer than the number of connections accepted at once."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(QUEUE)

    async def on_tick(self, counter: int) -> bool:
        """Drop connections that take too long. Returns whether the server should stop."""
        if counter % CHECK_EVERY_TICKS == 0:
            self._connections.drop_overdue()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture no signals: the runtime handles them."""
        yield


def listener(host: str, port: int, prefix: str) -> socket.socket:
    """Open a listening socket. Raises Misconfigured, which names the settings that begin with `prefix`."""
    try:
        # A name can have IPv4 and IPv6 addresses. IPv4 is preferred, since every client has it.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = min(found, key=lambda each: each[0] is not socket.AF_INET)
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((str(address[0]), port), family=family, dualstack_ipv6=both)
    except (OSError, ValueError) as error:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        why = getattr(error, "strerror", None) or error
        raise Misconfigured(
            f"{prefix}_HOST or {prefix}_PORT is wrong: this machine cannot listen on {where}: {why}. "
            "Choose one of its addresses and a free port."
        ) from error


@asynccontextmanager
async def serve_http(
    app: object, host: str, port: int, prefix: str, limits: Limits | None = None
) -> AsyncIterator[int]:
    """Serve an ASGI application in this event loop. Yields the port. Raises Misconfigured, as `listener` does."""
    listening = listener(host, port, prefix)
    # Connections inherit TCP_NODELAY; asyncio sets it only on sockets that name their protocol, which these do not.
    # Without it, a response's body waits 40 ms for the acknowledgement of its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    server = HttpServer(app, host, port, limits or Limits())
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        await serving
        listening.close()
