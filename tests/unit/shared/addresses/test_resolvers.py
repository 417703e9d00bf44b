"""Resolvers are the machine's own, or an IP address with a port."""

from __future__ import annotations

import pytest

from shared.addresses.resolvers import ResolverAddress, address_of, resolver_of


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("system", "system"),
        (" System ", "system"),
        ("8.8.8.8", "8.8.8.8"),
        ("8.8.8.8:53", "8.8.8.8"),
        ("127.0.0.1:5353", "127.0.0.1:5353"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]:53", "2001:db8::1"),
        ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
    ],
)
def test_a_resolver_has_one_form(written: str, normal: str) -> None:
    assert resolver_of(written) == normal
    assert resolver_of(normal) == normal


@pytest.mark.parametrize(
    "text",
    ["", "google", "dns.google", "8.8.8", "8.8.8.8:0", "8.8.8.8:65536", "8.8.8.8:", "8.8.8.8:٥٣", "[::1", "::1:x"],
)
def test_what_is_no_resolver_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no resolver: write system, or its IP address"):
        resolver_of(text)


def test_an_address_has_host_and_port() -> None:
    assert address_of("[2001:db8::1]:5353") == ResolverAddress("2001:db8::1", 5353)
