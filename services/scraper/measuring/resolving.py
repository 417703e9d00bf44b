"""Lets another resolver than the machine's name the servers of media, in this process and for the time of a block."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import dns.exception
import dns.resolver

from shared.addresses.resolvers import SYSTEM, address_of

#: Seconds for which an answer is waited for.
ANSWER_SECONDS = 5.0


@contextmanager
def resolved_by(resolver: str) -> Iterator[None]:
    """Ask `resolver` for the addresses of hosts while the block runs. Its failures are those of getaddrinfo.

    The found address is resolved again by whatever getaddrinfo was before, so that a guard of addresses still holds.
    """
    if resolver == SYSTEM:
        yield
        return
    asked, before = _resolver_at(resolver), socket.getaddrinfo

    def resolve(host: Any, port: Any, *arguments: Any, **more: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        return before(name if _is_address(name) else _first_address(asked, name), port, *arguments, **more)

    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = before


def _resolver_at(text: str) -> dns.resolver.Resolver:
    address = address_of(text)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [address.host]
    resolver.port = address.port
    resolver.lifetime = ANSWER_SECONDS
    return resolver


def _first_address(resolver: dns.resolver.Resolver, host: str) -> str:
    """The first address of a host: IPv4 where it has one. Raises gaierror."""
    trouble: dns.exception.DNSException | None = None
    for kind in ("A", "AAAA"):
        try:
            return str(resolver.resolve(host, kind)[0])
        except dns.resolver.NoAnswer as error:
            trouble = error
        except dns.exception.DNSException as error:
            trouble = error
            break
    raise socket.gaierror(socket.EAI_NONAME, f"the resolver {resolver.nameservers[0]} does not name {host}: {trouble}")


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
