"""A server in a process of its own that sends media as a profile says, at absolute moments."""

from __future__ import annotations

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from bench.network.profiles import FULL, PROFILES, Phase, Profile

#: Seconds between two pieces.
PIECE_SECONDS = 0.002
_SERVED = (*PROFILES, FULL)
_CONTEXT = multiprocessing.get_context("spawn")


def url_of(port: int, profile: Profile) -> str:
    """Return the address of a profile's recording."""
    return f"http://127.0.0.1:{port}/{_SERVED.index(profile)}.webm"


@contextmanager
def serving() -> Iterator[int]:
    """Run the server. Yields its port."""
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_serve, args=(sender,), daemon=True)
    process.start()
    try:
        yield receiver.recv()
    finally:
        process.kill()
        process.join()


def _serve(port: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port.send(server.getsockname()[1])
        while True:
            connection, _ = server.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _answer(connection)


def _answer(connection: socket.socket) -> None:
    asked = b""
    while b"\r\n\r\n" not in asked:
        if not (piece := connection.recv(65_536)):
            return
        asked += piece
    profile = _SERVED[int(asked.split(b" ")[1].strip(b"/").partition(b".")[0])]
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % profile.size)
    moment = time.perf_counter() + profile.first_byte
    try:
        for phase in profile.phases:
            moment = _send(connection, phase, moment + phase.pause)
    except OSError:
        return


def _send(connection: socket.socket, phase: Phase, began: float) -> float:
    """Send the bytes of a phase that begins at a moment. Returns the moment of its end."""
    piece = max(1, round(phase.rate * PIECE_SECONDS))
    for sent in range(0, phase.size, piece):
        size = min(piece, phase.size - sent)
        # A byte arrives when its time has passed; the first one at once.
        due = began + (sent + size if sent else 0) / phase.rate
        if (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        connection.sendall(bytes(size))
    return began + phase.size / phase.rate
