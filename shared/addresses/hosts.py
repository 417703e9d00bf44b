"""Recognizes hosts that are not on the public internet from their names alone. Pure functions; no network access."""

from __future__ import annotations

import unicodedata

from shared.addresses.public_addresses import ip_address, is_public

#: Domains that are never on the public internet (RFC 6761, RFC 6762, RFC 8375, and those of clouds and clusters).
_INNER_NAMES = ("localhost", "local", "internal", "lan", "intranet", "corp", "svc", "test", "invalid")


def is_inner_host(host: str) -> bool:
    """Whether the host of a web address is recognizably not on the public internet.

    A name may still resolve to a private address, so whoever resolves it must check the result again.
    """
    # Resolvers (IDNA) treat full-width letters and digits as plain ones, and accept four characters as a dot.
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").strip("[]").rstrip(".").lower()
    if (address := ip_address(host)) is not None:
        return not is_public(address)
    return "." not in host or host.rsplit(".", 1)[-1] in _INNER_NAMES or host.endswith(".home.arpa")
