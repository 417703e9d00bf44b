"""Which hosts can be seen not to be on the public internet. Pure functions; nothing is asked of the network here."""

from __future__ import annotations

import unicodedata

from shared.addresses.public_addresses import ip_address, is_public

#: Names that never lead to the public internet (RFC 6761, RFC 6762, RFC 8375, and what clouds and clusters use).
_INNER_NAMES = ("localhost", "local", "internal", "lan", "intranet", "corp", "svc", "test", "invalid")


def is_inner_host(host: str) -> bool:
    """Whether a host, as it stands in a web address, can be seen not to be on the public internet.

    A name may still resolve to a private address: whoever resolves it has to look again.
    """
    # As a resolver reads it (IDNA): full-width letters and digits are plain ones, and there are four dots.
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").strip("[]").rstrip(".").lower()
    if (address := ip_address(host)) is not None:
        return not is_public(address)
    return "." not in host or host.rsplit(".", 1)[-1] in _INNER_NAMES or host.endswith(".home.arpa")
