"""A small name server (RFC 1035) for a network of a test's own: UDP, A and AAAA, as many answers as a name is given."""

from __future__ import annotations

import ipaddress
import itertools
import socket
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence

_A, _AAAA, _IN = 1, 28, 1
#: Offset of the question's name, as a pointer: the answers are about the same name.
_SAME_NAME = 0xC00C
_ANSWER = struct.Struct("!HHHIH")
#: A response, authoritative, without an error.
_FLAGS = 0x8580


class NameServer:
    """Answers on a UDP port. A name with several sets of addresses tells them in turn: so names are rebound."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]], host: str = "127.0.0.1", port: int = 53) -> None:
        self._turns: dict[tuple[str, int], Iterator[Sequence[str]]] = {
            (name, kind): itertools.cycle(turns) for name, turns in names.items() for kind in (_A, _AAAA)
        }
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            query, sender = self._socket.recvfrom(512)
            self._socket.sendto(self._answer(query), sender)

    def _answer(self, query: bytes) -> bytes:
        name, end = _name_of(query)
        kind = struct.unpack_from("!H", query, end)[0]
        turns = self._turns.get((name, kind))
        addresses = [ipaddress.ip_address(text) for text in (next(turns) if turns is not None else ())]
        found = [a.packed for a in addresses if kind == (_A if a.version == 4 else _AAAA)]
        records = b"".join(_ANSWER.pack(_SAME_NAME, kind, _IN, 0, len(packed)) + packed for packed in found)
        return query[:2] + struct.pack("!HHHHH", _FLAGS, 1, len(found), 0, 0) + query[12 : end + 4] + records


def _name_of(query: bytes) -> tuple[str, int]:
    """The name that is asked for, and where it ends."""
    labels, place = [], 12
    while length := query[place]:
        labels.append(query[place + 1 : place + 1 + length].decode("ascii", "replace").lower())
        place += 1 + length
    return ".".join(labels), place + 1
