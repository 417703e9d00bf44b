"""Checks the signature of a push as its body arrives, so that no body need be kept (WebSub, 7.1). No network access."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

#: The methods of WebSub, 7.1, by their names in the header.
METHODS = ("sha1", "sha256", "sha384", "sha512")
_HEADER = re.compile(rf"({'|'.join(METHODS)})=([0-9A-Fa-f]+)")


class SignedBody:
    """A body whose header says its signature."""

    def __init__(self, method: str, signature: str, secret: str) -> None:
        self._signature = signature.lower()
        self._hmac = hmac.new(secret.encode(), digestmod=getattr(hashlib, method))

    def update(self, chunk: bytes) -> None:
        """Add the next bytes of the body."""
        self._hmac.update(chunk)

    def is_genuine(self) -> bool:
        """Return whether who signed the body knows the secret. Takes the same time wherever the two differ."""
        return hmac.compare_digest(self._hmac.hexdigest(), self._signature)


def signed_body(headers: Sequence[str], secret: str) -> SignedBody | None:
    """Begin to check a body. Returns None unless it has one signature, well-formed.

    `headers`: the values of its headers X-Hub-Signature.
    """
    found = _HEADER.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    return SignedBody(found[1], found[2], secret) if found is not None else None
