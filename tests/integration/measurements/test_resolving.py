"""Another resolver than the machine's names a server, and the guard still checks what it says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rrset
import pytest

from services.scraper.measuring.pings import ping
from services.scraper.measuring.resolving import resolved_by

ANSWERS = {"media.example.": ("A", "127.0.0.1"), "six.example.": ("AAAA", "::1")}


@contextmanager
def resolver() -> Iterator[tuple[str, list[str]]]:
    """A name server on loopback. Yields its address, and the names that it is asked for."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                data, client = server.recvfrom(4096)
                if data == b"end":
                    return
                query = dns.message.from_wire(data)
                question = query.question[0]
                asked.append(f"{question.name} {question.rdtype.name}")
                answer = dns.message.make_response(query)
                kind, address = ANSWERS.get(str(question.name), (None, ""))
                if kind is None:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                elif kind == question.rdtype.name:
                    answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, address))
                server.sendto(answer.to_wire(), client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
                ending.sendto(b"end", server.getsockname())
            thread.join()


def addresses(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, 80, type=socket.SOCK_STREAM)]


def test_the_asked_resolver_names_the_host() -> None:
    before = socket.getaddrinfo
    with resolver() as (address, asked):
        with resolved_by(address):
            assert addresses("media.example") == ["127.0.0.1"]
            assert addresses("127.0.0.1") == ["127.0.0.1"], "an address needs no resolver"
            assert addresses("six.example") == ["::1"]
            with pytest.raises(socket.gaierror, match=r"does not name unknown\.example"):
                addresses("unknown.example")
        assert asked == ["media.example. A", "six.example. A", "six.example. AAAA", "unknown.example. A"]
    assert socket.getaddrinfo is before


def test_the_system_is_left_alone() -> None:
    before = socket.getaddrinfo
    with resolved_by("system"):
        assert socket.getaddrinfo is before


def test_what_guards_addresses_sees_the_found_one(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def guarded(host: str, *_: object, **__: object) -> list[object]:
        seen.append(host)
        raise OSError("not public")

    with resolver() as (address, _):
        monkeypatch.setattr(socket, "getaddrinfo", guarded)
        with resolved_by(address), pytest.raises(OSError, match="not public"):
            socket.getaddrinfo("media.example", 443)
    assert seen == ["127.0.0.1"]


def test_a_round_trip_is_measured_one_way_or_another() -> None:
    """Echo requests where the system allows them, else connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = ping("127.0.0.1", server.getsockname()[1], 3)
    assert found is not None
    assert (found.sent, found.received) == (3, 3)
    times = [each for each in (found.minimum, found.average, found.maximum) if each is not None]
    assert 0 < times[0] <= times[1] <= times[2]


def test_where_nothing_listens_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    def not_allowed(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("icmplib.ping", not_allowed)
    assert ping("127.0.0.1", port, 3) is None
