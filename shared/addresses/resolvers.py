"""Resolvers as people name them: the machine's own, or an IP address. Pure functions."""

from __future__ import annotations

from ipaddress import ip_address
from typing import NamedTuple

#: The resolver that the machine uses.
SYSTEM = "system"
DNS_PORT = 53


class ResolverAddress(NamedTuple):
    """Where a resolver is asked, by UDP."""

    host: str
    port: int


def resolver_of(text: str) -> str:
    """Return a resolver in its normal form: `system`, `8.8.8.8`, `127.0.0.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`.

    Raises ValueError.
    """
    if text.strip().lower() == SYSTEM:
        return SYSTEM
    host, port = address_of(text)
    if port == DNS_PORT:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def address_of(text: str) -> ResolverAddress:
    """Parse the address of a resolver other than the machine's. Raises ValueError."""
    bare = text.strip()
    try:
        return ResolverAddress(str(ip_address(bare)), DNS_PORT)
    except ValueError:
        pass
    host, _, port = bare.rpartition(":")
    try:
        number = int(port) if port.isascii() and port.isdecimal() and len(port) <= 5 else 0
        if not 0 < number < 2**16:
            raise ValueError("a port is a number from 1 to 65535")
        return ResolverAddress(str(ip_address(host.removeprefix("[").removesuffix("]"))), number)
    except ValueError as error:
        raise ValueError(
            f"{text[:60]!r} is no resolver: write {SYSTEM}, or its IP address such as 8.8.8.8, with :port if that is "
            f"not {DNS_PORT}"
        ) from error
