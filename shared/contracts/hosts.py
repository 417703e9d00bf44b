"""Which hosts are on the public internet. Pure functions; nothing is asked of the network here."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Names that never lead to the public internet (RFC 6761, RFC 6762, RFC 8375, and what clouds and clusters use).
_INNER_NAMES = ("localhost", "local", "internal", "lan", "intranet", "corp", "svc", "test", "invalid")
#: The well-known prefix of NAT64 (RFC 6052): the last four bytes are an IPv4 address.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public_address(text: str) -> bool:
    """Whether an IP address, in any notation, is on the public internet. Anything that is no IP address is not."""
    address = _address(text)
    return address is not None and _is_public(address)


def is_inner_host(host: str) -> bool:
    """Whether a host, as it stands in a web address, can be seen not to be on the public internet.

    A name may still resolve to a private address: whoever resolves it has to look again.
    """
    # As a resolver reads it (IDNA): full-width letters and digits are plain ones, and there are four dots.
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").strip("[]").rstrip(".").lower()
    if (address := _address(host)) is not None:
        return not _is_public(address)
    return "." not in host or host.rsplit(".", 1)[-1] in _INNER_NAMES or host.endswith(".home.arpa")


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.split("%", 1)[0])
    except ValueError:
        pass
    try:
        # What the C library takes for an address too: 127.1, 0x7f000001, 2130706433, 0177.0.0.1.
        return ipaddress.IPv4Address(socket.inet_aton(text)) if text[:1].isdigit() else None
    except OSError:
        return None


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        # Addresses that hold an IPv4 address lead there.
        if address in _NAT64:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if (inner := address.ipv4_mapped or address.sixtofour) is not None:
            return _is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast
