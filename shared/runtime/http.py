"""Serving an ASGI application in our own loop, within bounds."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import uvicorn

from shared.errors import Misconfigured
from shared.runtime.connections import Connection, Connections

#: Connections that wait in the kernel until they are accepted.
QUEUE = 1024
#: Bytes that the kernel keeps of an answer that is not read; left alone it takes megabytes for each connection.
SEND_BUFFER = 128 * 1024
#: Ticks of uvicorn, ten a second, between two looks at the connections.
LOOK_EVERY_TICKS = 10


@dataclass(frozen=True)
class Limits:
    """What a server takes."""

    #: Connections held at once. For operators' ports: a scrape, two probes and a person, each many times over.
    connections: int = 64
    #: Accepted between two looks at those that are there: a request that is sent at once is read before so many others
    #: came that its connection is the oldest one.
    at_once: int = 8
    #: Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.
    proxies: Sequence[str] = ()


class HttpServer(uvicorn.Server):
    """uvicorn inside our loop: it leaves the signals to the runtime."""

    def __init__(self, app: object, host: str, port: int, limits: Limits) -> None:
        self._connections = Connections(limits.connections)
        config = uvicorn.Config(
            app,  # type: ignore[arg-type]  # any ASGI application
            host=host,
            port=port,
            http=partial(Connection, self._connections),  # type: ignore[arg-type]  # called like the class
            # A connection that turns into another protocol would be out of sight.
            ws="none",
            backlog=limits.at_once,
            proxy_headers=bool(limits.proxies),
            # Named in any case: left out, uvicorn believes whoever is on this machine.
            forwarded_allow_ips=list(limits.proxies),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=5,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, with a queue that is longer than what is accepted at once."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(QUEUE)

    async def on_tick(self, counter: int) -> bool:
        """Let go of connections that take too long."""
        if counter % LOOK_EVERY_TICKS == 0:
            self._connections.look()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None captured: the runtime has them."""
        yield


def listener(host: str, port: int, prefix: str) -> socket.socket:
    """A socket that listens there. Raises Misconfigured with the names of the settings, which begin with `prefix`."""
    try:
        # A name may lead to addresses of both kinds: the older one first, which every client has.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = min(found, key=lambda each: each[0] is not socket.AF_INET)
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((str(address[0]), port), family=family, dualstack_ipv6=both)
    except (OSError, ValueError) as error:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        why = getattr(error, "strerror", None) or error
        raise Misconfigured(
            f"{prefix}_HOST or {prefix}_PORT is wrong: nothing can listen on {where} of this machine: {why}. "
            "Choose an address that it has, and a port that is free."
        ) from error


@asynccontextmanager
async def serve_http(
    app: object, host: str, port: int, prefix: str, limits: Limits | None = None
) -> AsyncIterator[int]:
    """Serve an ASGI application in this loop. Yields the port. Raises Misconfigured, as `listener` does."""
    listening = listener(host, port, prefix)
    # Connections inherit it; asyncio sets it only on sockets that name their protocol, which these do not. Without it
    # the second piece of an answer, its body, waits 40 ms for the first one's acknowledgement.
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
