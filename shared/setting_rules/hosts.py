"""Rules for hosts, ports and networks in settings."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_IPV6 = re.compile(r"[0-9A-Fa-f:.]+")
#: Optionally followed by the interface through which a link-local address is reached.
_IPV6_TO_LISTEN_ON = re.compile(r"[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]{1,15})?")
_NUMBER = re.compile(r"\d+|0[xX][0-9A-Fa-f]*")
#: Maximum characters of a name in DNS.
MAX_NAME = 253
MAX_PORT = 65_535


def listening_host(text: str) -> str:
    """Check a host to listen on: a name or an IP address. Returns it, IPv6 without brackets. Raises ValueError."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if (":" in bare or bare != text) and _IPV6_TO_LISTEN_ON.fullmatch(bare):
        _check_ipv6(bare)
        return bare
    _check_host(text)
    return text


def host_and_port(text: str) -> str:
    """Check a text of the form `host`, `host:port`, `[IPv6]` or `[IPv6]:port`. Returns it. Raises ValueError."""
    if "://" in text or "/" in text:
        raise ValueError("it must be host:port alone, without a scheme such as https:// and without a path")
    if "@" in text:
        raise ValueError("it must be host:port alone, without a user or password")
    if not text.startswith("[") and text.count(":") > 1:
        raise ValueError("an IPv6 address needs brackets, as in [::1]:9000")
    host, bracket, rest = text.rpartition("]") if text.startswith("[") else ("", "", text)
    if text.startswith("[") and not bracket:
        raise ValueError("the bracket of the IPv6 address is not closed; write it as in [::1]:9000")
    name, colon, port = rest.partition(":")
    if bracket and name:
        raise ValueError("only :port may follow the bracket of an IPv6 address, as in [::1]:9000")
    check_host(f"{host}{bracket}{name}")
    if colon:
        check_port(port)
    return text


def networks(text: str) -> tuple[str, ...]:
    """Parse a comma-separated list of IP addresses and networks. Raises ValueError.

    Returns each IPv4 entry twice: as written, and as a server that listens on IPv6 too sees it (::ffff:…).
    """
    found = []
    for each in text.split(","):
        try:
            network = ip_network(each.strip())
        except ValueError as error:
            raise ValueError(
                f"{each.strip()[:50]!r} is neither an IP address nor a network such as 10.42.0.0/16; separate "
                "several by commas"
            ) from error
        if network.prefixlen == 0:
            raise ValueError(f"{network} covers every address: name only those of your proxies")
        found.append(str(network))
        if isinstance(network, IPv4Network):
            found.append(f"::ffff:{network.network_address}/{96 + network.prefixlen}")
    return tuple(found)


def networks_text(text: str) -> str:
    """Check a comma-separated list of IP addresses and networks. Returns it. Raises ValueError."""
    networks(text)
    return text


def check_port(text: str) -> None:
    """Raise ValueError unless `text` is the number of a port that clients can connect to."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= MAX_PORT):
        raise ValueError(f"the port must be a number from 1 to {MAX_PORT}")


def check_host(text: str) -> None:
    """Raise ValueError unless `text` is the host of an address: a name, an IPv4 address, or [an IPv6 address]."""
    if not text.startswith("["):
        _check_host(text)
        return
    if not text.endswith("]") or not _IPV6.fullmatch(text[1:-1]):
        raise ValueError("the brackets must contain an IPv6 address, as in [::1]")
    _check_ipv6(text[1:-1])


def is_ip_address(host: str) -> bool:
    """Whether a host that `check_host` accepts is an IP address, not a name."""
    return host.startswith("[") or _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]) is not None


def _check_host(text: str) -> None:
    if not text:
        raise ValueError("it names no host")
    if ":" in text:
        raise ValueError("it must be only a host: a name, an IPv4 address, or an IPv6 address")
    if not text.isascii():
        raise ValueError("the host has letters outside ASCII; write its DNS form, which begins with xn--")
    if is_ip_address(text):
        try:
            IPv4Address(text)
        except ValueError:
            raise ValueError("the host is not a valid IPv4 address, which has four numbers from 0 to 255") from None
        return
    labels = text.removesuffix(".").split(".")
    if len(text) > MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(
            "the host is not a valid DNS name: letters, digits, hyphens and underscores, at most 63 between two dots "
            f"and {MAX_NAME} in all"
        )


def _check_ipv6(text: str) -> None:
    try:
        IPv6Address(text)
    except ValueError:
        raise ValueError("it is not an IPv6 address, such as ::1") from None
