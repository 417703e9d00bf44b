"""Decides which IP addresses are on the public internet. Pure functions; no network access.

Source: IANA's registries of special-purpose addresses for IPv4 and IPv6, and of IPv6 address space (2025-10).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv4 networks that are not globally reachable, or whose addresses do not identify one machine.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791); Linux treats it as loopback
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared with a carrier's NAT (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link-local (RFC 3927); clouds put their metadata here
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.31.196.0/24",  # AS112 (RFC 7535)
        "192.52.193.0/24",  # AMT relays (RFC 7450)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "192.175.48.0/24",  # AS112 (RFC 7534)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and limited broadcast (RFC 1112)
    )
)
_ZERO = ipaddress.IPv4Network("0.0.0.0/8")

#: The only IPv6 space from which global addresses are assigned.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments (RFC 2928)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2620:4f:8000::/48",  # AS112 (RFC 7534)
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def is_public_address(text: str) -> bool:
    """Whether `text` is an IP address, in any notation, on the public internet. False for anything else."""
    address = ip_address(text)
    return address is not None and is_public(address)


def ip_address(text: str) -> Address | None:
    """Parse an IP address in any notation that the C library accepts; None if `text` is not one."""
    try:
        return ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        pass
    try:
        # The C library also accepts 127.1, 0x7f000001, 2130706433 and 0177.0.0.1.
        return ipaddress.IPv4Address(socket.inet_aton(text)) if text[:1].isdigit() else None
    except OSError:
        return None


def is_public(address: Address) -> bool:
    """Whether an address identifies one machine on the public internet.

    An IPv6 address that embeds IPv4 addresses is public if all of those are.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _SPECIAL_IPV4)
    for network, embedded in _EMBEDDING:
        if address in network:
            return all(is_public(inner) for inner in embedded(address.packed))
    if address not in _GLOBAL_UNICAST or any(address in network for network in _SPECIAL_IPV6):
        return False
    # ISATAP (RFC 5214) can have any prefix; the interface identifier reveals it.
    isatap = address.packed[8:12] in (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")
    return not isatap or all(is_public(inner) for inner in _last(address.packed))


def _last(packed: bytes) -> Iterable[ipaddress.IPv4Address]:
    return (ipaddress.IPv4Address(packed[12:]),)


def _in_6to4(packed: bytes) -> Iterable[ipaddress.IPv4Address]:
    return (ipaddress.IPv4Address(packed[2:6]),)


def _in_teredo(packed: bytes) -> Iterable[ipaddress.IPv4Address]:
    """The addresses of the server and of the client, whose bits are inverted (RFC 4380)."""
    return ipaddress.IPv4Address(packed[4:8]), ipaddress.IPv4Address(bytes(byte ^ 0xFF for byte in packed[12:]))


def _in_local_nat64(packed: bytes) -> Iterable[ipaddress.IPv4Address]:
    """All IPv4 addresses that a local translator could read: the position depends on its prefix (RFC 6052).

    Positions that hold only zeros are left out, unless all do.
    """
    readings = (
        packed[6:8] + packed[9:11],
        packed[7:8] + packed[9:12],
        packed[9:13],
        packed[12:],
    )
    found = [ipaddress.IPv4Address(reading) for reading in readings]
    return [address for address in found if address not in _ZERO] or found


_EMBEDDING: tuple[tuple[ipaddress.IPv6Network, Callable[[bytes], Iterable[ipaddress.IPv4Address]]], ...] = (
    (ipaddress.IPv6Network("::/96"), _last),  # IPv4-compatible (RFC 4291), loopback and unspecified among them
    (ipaddress.IPv6Network("::ffff:0:0/96"), _last),  # IPv4-mapped (RFC 4291)
    (ipaddress.IPv6Network("64:ff9b::/96"), _last),  # NAT64 (RFC 6052)
    (ipaddress.IPv6Network("64:ff9b:1::/48"), _in_local_nat64),  # NAT64 with a local prefix (RFC 8215)
    (ipaddress.IPv6Network("2001::/32"), _in_teredo),  # RFC 4380
    (ipaddress.IPv6Network("2002::/16"), _in_6to4),  # RFC 3056
)
