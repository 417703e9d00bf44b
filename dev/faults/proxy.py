"""A TCP proxy in front of one server, which can slow, freeze, cut or refuse connections.

It runs in its own thread, so that tests and benchmarks can change the fault while services use it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Self

#: Bytes copied at once.
CHUNK = 64 * 1024
#: Seconds between two checks whether a frozen connection may continue.
LOOK_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Fault:
    """The present fault. The default: none."""

    #: Seconds by which each piece of an answer is delayed.
    latency_seconds: float = 0
    #: Nothing passes in either direction; connections stay open.
    frozen: bool = False
    #: Requests arrive, but answers do not; connections stay open.
    answers_frozen: bool = False
    #: A connection is reset after this many bytes to the server; None: never.
    reset_after_bytes: int | None = None
    #: A connection is reset after this many bytes of answers; None: never.
    reset_after_answered_bytes: int | None = None
    #: New connections are reset at once.
    refused: bool = False
    #: In what is sent to the server, the first bytes become the second ones, which are as many: a fault of memory.
    corrupted: tuple[bytes, bytes] | None = None
    #: Every connection is answered with these bytes, without the server.
    answer: bytes | None = None


HEALTHY = Fault()


class FaultProxy:
    """The proxy of one server. Use as a context manager."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._fault = HEALTHY
        self._writers: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name=f"faults-{target_port}")
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        # asyncio.run cancels and awaits open connections.
        server.close()

    def set(self, fault: Fault) -> None:
        """Set the fault from now on."""
        self._fault = fault

    def cut(self) -> None:
        """Reset every open connection."""

        def reset_all() -> None:
            for writer in list(self._writers):
                _reset(writer)

        self._loop.call_soon_threadsafe(reset_all)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Cancelled when the proxy ends. asyncio's streams of Python 3.11 log a connection that ends cancelled.
            _reset(writer)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._fault.refused:
            _reset(writer)
            return
        if (answer := self._fault.answer) is not None:
            await reader.read(CHUNK)
            writer.write(answer)
            await writer.drain()
            return
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._writers.add(server_writer)
        try:
            there = asyncio.create_task(self._copy(reader, server_writer, to_server=True))
            back = asyncio.create_task(self._copy(server_reader, writer, to_server=False))
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
            for task in (there, back):
                task.cancel()
            ends = await asyncio.gather(there, back, return_exceptions=True)
            if any(isinstance(end, OSError) for end in ends):
                _reset(writer)
                _reset(server_writer)
        finally:
            self._writers.discard(server_writer)
            server_writer.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, to_server: bool) -> None:
        passed = 0
        while data := await reader.read(CHUNK):
            while self._fault.frozen or (self._fault.answers_frozen and not to_server):
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            if not to_server and self._fault.latency_seconds:
                await asyncio.sleep(self._fault.latency_seconds)
            limit = self._fault.reset_after_bytes if to_server else self._fault.reset_after_answered_bytes
            if limit is not None and passed + len(data) > limit:
                writer.write(data[: max(0, limit - passed)])
                raise ConnectionResetError
            passed += len(data)
            if to_server and self._fault.corrupted is not None:
                data = data.replace(*self._fault.corrupted)
            writer.write(data)
            await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a RST, as a crash or a firewall does."""
    with contextlib.suppress(OSError, AttributeError):
        connection: socket.socket = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
