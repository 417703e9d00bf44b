"""Addresses that lead inside, in every notation and embedding; and honest ones, which must not suffer."""

from __future__ import annotations

import ipaddress
import itertools

import pytest

from shared.addresses.hosts import is_inner_host
from shared.addresses.parse import BadAddress, refuse_inner_host
from shared.addresses.public_addresses import is_public_address

#: One of each special network in IPv4.
INNER_IPV4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
]  # fmt: skip
PUBLIC_IPV4 = ["8.8.8.8", "93.184.216.34", "1.1.1.1", "172.15.255.255", "172.32.0.1", "192.0.1.1", "223.255.255.255"]
INNER_IPV6 = [
    "::", "::1", "fc00::1", "fdff::1", "fe80::1", "fe80::1%lo", "febf::1", "fec0::1", "fec0:0:0:ffff::1", "feff::1",
    "ff02::1", "ff0e::1", "100::1", "100:0:0:1::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1",
    "2001:1ff::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "8000::1", "2620:4f:8000::1",
    "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "::fffe:8.8.8.8",
]  # fmt: skip
PUBLIC_IPV6 = ["2001:4860:4860::8888", "2a00:1450:4001:82b::200e", "2600::1", "2001:200::1"]


def nat64_of_its_own(ipv4: str, prefix_bits: int) -> str:
    """How RFC 6052 puts an IPv4 address behind a prefix of 64:ff9b:1::/48."""
    packed = bytearray(ipaddress.IPv6Address("64:ff9b:1::").packed)
    # Bits 64 to 71 stay zero.
    places = [place for place in range(prefix_bits // 8, 16) if place != 8][:4]
    for place, byte in zip(places, ipaddress.IPv4Address(ipv4).packed, strict=True):
        packed[place] = byte
    return str(ipaddress.IPv6Address(bytes(packed)))


def embeddings(ipv4: str) -> list[str]:
    """Every way to write an IPv4 address as an IPv6 address that leads there."""
    number = int(ipaddress.IPv4Address(ipv4))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"::{ipv4}",
        f"::ffff:{ipv4}",
        f"64:ff9b::{ipv4}",
        *(nat64_of_its_own(ipv4, bits) for bits in (48, 56, 64, 96)),
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:{high:x}:{low:x}::f7f7:f7f7",
        f"2001:0:808:808::{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}",
        f"2600::5efe:{ipv4}",
        f"2600::200:5efe:{ipv4}",
    ]


EMBEDDED_INNER = list(itertools.chain.from_iterable(map(embeddings, ("127.0.0.1", "10.1.2.3", "169.254.169.254"))))
EMBEDDED_PUBLIC = embeddings("8.8.8.8")


@pytest.mark.parametrize("address", INNER_IPV4 + INNER_IPV6 + EMBEDDED_INNER)
def test_an_inner_address_is_refused(address: str) -> None:
    assert not is_public_address(address)
    host = f"[{address}]" if ":" in address else address
    assert is_inner_host(host)
    with pytest.raises(BadAddress, match="not on the public internet"):
        refuse_inner_host(f"https://{host}/list")


@pytest.mark.parametrize("address", PUBLIC_IPV4 + PUBLIC_IPV6 + EMBEDDED_PUBLIC)
def test_a_public_address_is_taken(address: str) -> None:
    assert is_public_address(address)
    refuse_inner_host(f"https://{f'[{address}]' if ':' in address else address}/list")


@pytest.mark.parametrize(
    "host",
    [
        "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
        "0", "00", "0x0", "10.1", "167772161", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376",
        "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "127\uff0e0\uff0e0\uff0e1", "\u2460\u2461\u2466.0.0.1",
        "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "[::1%25lo]", "LOCALHOST", "a.localhost.", "metadata", "x.internal",
    ],
)  # fmt: skip
def test_an_inner_host_is_seen_in_any_notation(host: str) -> None:
    assert is_inner_host(host)
